import TestNetlink
import Testing

@testable import NetTypes

@Suite struct ValueTests {
  @Test func `a MAC address is read, written and told apart by its first byte`() throws {
    let address = try #require(MACAddress("02:00:5E:10:00:ff"))
    #expect(address.description == "02:00:5e:10:00:ff")
    #expect(address.bytes == [2, 0, 0x5e, 0x10, 0, 0xff])
    #expect(MACAddress(bytes: address.bytes) == address)
    #expect(address.isLocallyAdministered && !address.isMulticast && !address.isZero)
    #expect(MACAddress("01:00:5e:00:00:16")?.isMulticast == true)
    #expect(MACAddress("00:00:00:00:00:00")?.isZero == true)
  }

  @Test(arguments: [
    "", "02", "02:00:00:00:00", "02:00:00:00:00:0", "02:00:00:00:00:00:", "02:00:00:00:00:00:01",
    "2:0:0:0:0:0", "0200.0000.0000", "02:00:00:00:00:0g", "002:00:00:00:00:00", ":02:00:00:00:00:00",
  ])
  func `what is no MAC address is refused`(text: String) {
    #expect(MACAddress(text) == nil)
  }

  @Test func `a MAC address has six bytes`() {
    #expect(MACAddress(bytes: [UInt8](repeating: 1, count: 5)) == nil)
    #expect(MACAddress(bytes: [UInt8](repeating: 1, count: 20)) == nil)
  }

  @Test(arguments: ["10.64.1.5", "255.255.255.255", "0.0.0.0", "2001:db8::1", "::", "::1", "fe80::1:2:3:4"])
  func `an address is written as it was read`(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == text)
    #expect(IPAddress(bytes: address.bytes) == address)
    #expect(address.bytes.count == (address.isIPv4 ? 4 : 16))
  }

  @Test(arguments: [
    "", "10.64.1", "10.64.1.256", "010.64.1.5", "10.64.1.5 ", "fe80::1%eth0", "[::1]", "1::2::3",
    "10.64.1.5\u{0}", "0x0a.1.1.1",
  ])
  func `what is no address is refused`(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func `addresses are ordered as numbers, IPv4 first`() {
    let texts = ["9.0.0.1", "10.0.0.2", "10.0.0.10", "::1", "2001:db8::", "ff02::1"]
    #expect(texts.reversed().map { ip($0) }.sorted().map(\.description) == texts)
  }

  @Test func `counting on from an address ends where its family does`() {
    #expect(ip("10.0.0.255").advanced(by: 1) == ip("10.0.1.0"))
    #expect(ip("255.255.255.255").advanced(by: 1) == nil)
    #expect(ip("::ffff:ffff").advanced(by: 1) == ip("::1:0:0"))
    #expect(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").advanced(by: 1) == nil)
  }

  @Test func `addresses know what they are for`() {
    #expect(ip("127.0.0.53").isLoopback && ip("::1").isLoopback && !ip("10.0.0.1").isLoopback)
    #expect(ip("169.254.1.1").isLinkLocal && ip("fe80::1").isLinkLocal && ip("febf::1").isLinkLocal)
    #expect(!ip("fec0::1").isLinkLocal && !ip("169.253.1.1").isLinkLocal)
    #expect(ip("224.0.0.1").isMulticast && ip("ff02::1").isMulticast && !ip("223.255.255.255").isMulticast)
    #expect(ip("0.0.0.0").isUnspecified && ip("::").isUnspecified)
  }

  @Test func `a network keeps the host bits and gives them up when asked`() {
    let here = network("10.64.1.5/24")
    #expect(here.description == "10.64.1.5/24")
    #expect(here.network == network("10.64.1.0/24"))
    #expect(here.broadcast == ip("10.64.1.255"))
    #expect(network("2001:db8::5/64").network == network("2001:db8::/64"))
    #expect(network("2001:db8::5/64").broadcast == nil)
    #expect(network("10.0.0.1/31").broadcast == nil && network("10.0.0.1/32").broadcast == nil)
    #expect(network("10.0.0.1/30").broadcast == ip("10.0.0.3"))
    #expect(network("1.2.3.4/0").network == network("0.0.0.0/0"))
    #expect(network("2001:db8::5/0").network == network("::/0"))
    #expect(network("::/0").lastAddress == ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))
  }

  @Test func `a network contains its own addresses only`() {
    #expect(network("10.64.1.5/24").contains(ip("10.64.1.255")))
    #expect(!network("10.64.1.5/24").contains(ip("10.64.2.0")))
    #expect(!network("0.0.0.0/0").contains(ip("::1")))
    #expect(network("::/0").contains(ip("::1")))
    #expect(network("10.0.0.1/32").contains(ip("10.0.0.1")) && !network("10.0.0.1/32").contains(ip("10.0.0.2")))
  }

  @Test func `counting from the network address ends where the network does`() {
    #expect(network("10.64.1.5/24").address(at: 255) == ip("10.64.1.255"))
    #expect(network("10.64.1.5/24").address(at: 256) == nil)
    #expect(network("0.0.0.0/0").address(at: .max) == ip("255.255.255.255"))
    let last = network("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128")
    #expect(last.address(at: 0) == last.address)
    #expect(last.address(at: 1) == nil)
  }

  @Test func `networks overlap when one lies in the other`() {
    #expect(network("10.64.0.0/16").overlaps(network("10.64.9.0/24")))
    #expect(network("10.64.9.0/24").overlaps(network("10.64.0.0/16")))
    #expect(!network("10.64.0.0/24").overlaps(network("10.64.1.0/24")))
    #expect(!network("0.0.0.0/0").overlaps(network("::/0")))
  }

  @Test(arguments: [
    "10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/+8", "10.0.0.1/8/8", "::/129",
    "10.0.0.1/0008", "/8", "10.0.0.1/ 8",
  ])
  func `what is no network is refused`(text: String) {
    #expect(IPNetwork(text) == nil)
  }

  @Test(arguments: ["a", "eth0", "fifteen-bytes-x", "br-1.2", "ß", "...", "@#!"])
  func `a name that the kernel accepts is accepted`(text: String) throws {
    #expect(try InterfaceName(text).text == text)
  }

  @Test(arguments: [
    ("", "it is empty"), ("sixteen-bytes-xx", "it has 16 bytes, the kernel allows 15"), (".", "it names a directory"),
    ("..", "it names a directory"), ("a/b", "it contains '/'"), ("a:b", "it contains ':'"),
    ("a b", "it contains white space"), ("a\n", "it contains white space"), ("à", "it contains white space"),
    ("a\u{1b}", "it contains a control character"), ("a\u{0}", "it contains a control character"),
    ("veth%d", "it contains '%'"),
  ])
  func `a name that the kernel refuses or rewrites is refused with the reason`(text: String, reason: String) {
    #expect(throws: InterfaceName.Invalid(text: text, reason: reason)) { try InterfaceName(text) }
  }

  @Test func `the refusal of a name reads as a sentence`() {
    let error = #expect(throws: InterfaceName.Invalid.self) { try InterfaceName("a/b") }
    #expect(error?.description == "'a/b' cannot be the name of a network link: it contains '/'")
  }
}
