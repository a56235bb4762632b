// README.md shows this file from the next line on, and a test compares the two.
import NFTables
import NetTypes
import RouteNetlink

/// Makes a pair of links with an address and a route, and lets nftables count and masquerade what leaves by it.
func setUpDevices() throws {
  var route = try RouteConnection()
  var requests = RouteRequests()
  var veth = LinkSpecification.veth(try InterfaceName("veth0"), peer: .init(name: try InterfaceName("veth1")))
  veth.isUp = true
  requests.create(veth)
  requests.change(link: .named("veth1"), LinkChanges(isUp: true))
  try route.perform(requests)

  guard let veth0 = try route.link(named: "veth0") else { return }
  requests = RouteRequests()
  requests.add(LinkAddress(IPNetwork("192.0.2.1/24")!, link: veth0.index))
  requests.add(Route(to: IPNetwork("198.51.100.0/24")!, family: .inet, via: IPAddress("192.0.2.2")!, link: veth0.index))
  try route.perform(requests)

  var nft = try NFTConnection()
  let table = Table(.inet, "example")
  let links = NFTSet("links", in: table, key: [.interfaceName])
  let chain = Chain(
    "postrouting", in: table, base: BaseChain(type: .nat, hook: .postrouting, priority: .sourceNATPriority))
  var transaction = Transaction()
  transaction.add(table)
  transaction.add(links)
  transaction.add([SetElement(key: [.interfaceName("veth0")])], to: links)
  transaction.add(chain)
  transaction.add(Rule(in: chain, [.matching(.outputInterfaceName, in: links), .counter, .masquerade()]))
  try nft.commit(transaction)

  for link in try route.links() { print(link.index, link.name, link.kind ?? "", link.isUp ? "up" : "down") }
}
