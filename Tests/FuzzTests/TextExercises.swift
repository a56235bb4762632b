import Glibc
import LinuxSystem
import NFTables
import NetTypes

@testable import Namespaces
@testable import Network
@testable import RouteNetlink

/// Whether two texts have the same bytes; `==` also takes other forms of the same letters for equal.
private func isSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

/// Addresses and names, as users and records write them.
func exerciseNotation(_ bytes: [UInt8]) throws(Broken) {
  let text = String(decoding: bytes, as: UTF8.self)
  if let address = IPAddress(text) {
    try expect(IPAddress("\(address)") == address, "an address is written as it was read")
    try expect(IPAddress(bytes: address.bytes) == address, "an address has the bytes that it was read from")
    _ = address.advanced(by: .max)
  }
  if let network = IPNetwork(text) { try exercise(network) }
  if let address = MACAddress(text) {
    try expect(isSame("\(address)", text.lowercased()), "a MAC address is written as it was read")
    try expect(MACAddress(bytes: address.bytes) == address, "a MAC address has the bytes that it was read from")
  }
  if let name = try? InterfaceName(text) {
    try expect(isSame(name.text, text) && text.utf8.count <= 15, "a link's name is what it was read from")
  }
  if let name = try? NamespaceName(text) {
    try expect(isSame(name.text, text) && text.utf8.count <= Int(NAME_MAX), "a name is what it was read from")
    try expect(!text.utf8.contains(0) && !text.utf8.contains(UInt8(ascii: "/")), "a name is one component of a path")
    try expect(Tag.link(of: name).utf8.count <= 255, "a tag fits an alias")
    let record = RecordText([("name", text)])
    try expect((try? RecordText(parsing: Array(record.file.utf8))) == record, "a name can be written down")
  }
}

/// Checks that what is computed from a network stays in it, and in its family.
func exercise(_ network: IPNetwork) throws(Broken) {
  try expect(IPNetwork("\(network)") == network, "a network is written as it was read")
  let whole = network.network
  try expect(whole.overlaps(network) && whole.contains(network.lastAddress), "a network has its last address")
  for address in [IPAddress("0.0.0.0")!, IPAddress("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")!] {
    _ = network.contains(address)
    _ = network.offset(of: address)
  }
  for offset: UInt32 in [0, 1, 255, .max] {
    guard let address = network.address(at: offset) else { continue }
    try expect(network.offset(of: address) == offset, "an address is where it was looked for")
  }
}

/// A record of a sandbox or of the host's parameters, and the undo that follows from it.
func exerciseRecord(_ bytes: [UInt8]) throws(Broken) {
  guard let text = try? RecordText(parsing: bytes) else { return }
  let again = try? RecordText(parsing: Array(text.file.utf8))
  try expect(again?.serialized.utf8.elementsEqual(text.serialized.utf8) == true, "a record is written as it was read")
  for family in AddressFamily.allCases {
    let parameters = HostParameters(family, text)
    let again = HostParameters(family, parameters.record)
    try expect(again.record == parameters.record, "parameters are written as they were read")
    for (parameter, _) in parameters.original { _ = parameter.path }
    for link in parameters.acceptingLinks { try expect(!link.isEmpty, "a link has a name") }
  }
  if let network = NetworkRecord(text) {
    try expect(NetworkRecord(network.text) == network, "a network is written down as it was read")
  }
  guard let facts = SandboxFacts(text) else { return }
  let targets = SandboxFacts.lines(of: facts.connections.map { ConnectionTarget(kind: $0.kind, link: $0.target) }).lines
  let connections = facts.connections.indices.flatMap { facts.lines(ofConnection: $0).lines }
  let written = RecordText(facts.head.lines + targets + connections)
  let reread = (try? RecordText(parsing: Array(written.file.utf8))).flatMap { SandboxFacts($0) }
  try expect(reread == facts, "a sandbox is written down as it was read")
  try expect(facts.createdAt >= 0, "a sandbox was made after 1970")
  // nsrun undoes what a record says, whatever wrote the record.
  var transaction = Transaction()
  for undo in SandboxPlan.undo(of: facts) {
    if case .retract(let member) = undo { Firewall.admit(member, &transaction) }
  }
}

func exerciseMounts(_ bytes: [UInt8]) throws(Broken) {
  var count = 0
  var found = KernelMounts()
  MountPoint.forEach(in: bytes) { mount in
    count += 1
    found.add(mount)
  }
  try expect(count <= 1 + bytes.count { $0 == UInt8(ascii: "\n") }, "a line has one mount at most")
}
