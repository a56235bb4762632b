import Testing

@testable import Namespaces

@Suite("Kernel counters") struct ProcessCensusTests {
  @Test("ProcessNumbers reads the numbers of processes")
  func numbers() {
    let numbers = ProcessNumbers("4.77 3.09 2.11 9/1608 32353\n")
    #expect(numbers?.running == 9 && numbers?.count == 1608 && numbers?.last == 32353)
    for text in ["", "1 2 3 4 5", "0.1 0.2 0.3 1/x 5", "0.1 0.2 0.3 x/1 5", "0.1 0.2 0.3 1/2", "0.1 0.2 0.3 1/2 -"] {
      #expect(ProcessNumbers(text) == nil, "\(text)")
    }
  }

  @Test("OpenSockets adds up the sockets of all protocols, and leaves out those that are not counted")
  func sockets() {
    #expect(OpenSockets.count(in: Array("sockets: used 12\nTCP: inuse 0\n".utf8)) == 12)
    #expect(OpenSockets.count(in: Array("TCP: inuse 3\n".utf8)) == nil)
    let table = """
      protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em
      PACKET    1600      2      -1   NI       0   no   kernel      n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n
      XDP       1000     -1      -1   NI       0   no   kernel      n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n
      NETLINK   1080      1      -1   NI       0   no   kernel      n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n

      """
    #expect(OpenSockets.open(in: Array(table.utf8)) == 3)
    #expect(OpenSockets.open(in: []) == 0)
  }
}
