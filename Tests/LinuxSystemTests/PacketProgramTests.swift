import LinuxSystem
import Testing

@Suite("Packet programs")
struct PacketProgramTests {
  /// The instructions as tcpdump -ddd prints them.
  private func lines(_ program: PacketProgram) -> [String] {
    let bytes = program.bytes
    return stride(from: 0, to: bytes.count, by: 8).map { start in
      let code = UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8
      let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + 4 + $1]) << (8 * $1) }
      return "\(code) \(bytes[start + 2]) \(bytes[start + 3]) \(value)"
    }
  }

  // tcpdump 4.99: tcpdump -ddd -y EN10MB 'udp dst port 53'; IPv4 only.
  @Test("A packet program has the same instructions as tcpdump writes")
  func golden() {
    var program = PacketProgram()
    let no = program.label()
    program.load(.half, at: 12)
    program.jump(unless: .equal(0x0800), to: no)
    program.load(.byte, at: 23)
    program.jump(unless: .equal(17), to: no)
    program.load(.half, at: 20)
    program.jump(if: .anyBit(0x1fff), to: no)
    program.load(.byte, at: 14)
    program.compute(.and(15))
    program.compute(.shiftLeft(2))
    program.setIndex()
    program.load(.half, fromIndex: 16)
    program.jump(unless: .equal(53), to: no)
    program.end(262_144)
    program.place(no)
    program.end(0)
    #expect(
      lines(program) == [
        "40 0 0 12", "21 0 11 2048", "48 0 0 23", "21 0 9 17", "40 0 0 20", "69 7 0 8191", "48 0 0 14", "84 0 0 15",
        "100 0 0 2", "7 0 0 0", "72 0 0 16", "21 0 1 53", "6 0 0 262144", "6 0 0 0",
      ])
  }

  // The same numbers as in linux/bpf_common.h.
  @Test("The other instructions have the kernel's numbers")
  func codes() {
    var program = PacketProgram()
    let end = program.label()
    program.setIndex(9)
    program.load(.word, fromIndex: 3)
    program.storeMemory(1)
    program.loadMemory(1)
    program.loadIndex()
    program.compute(.add(1))
    program.compute(.subtract(2))
    program.compute(.addIndex)
    program.compute(.shiftRight(4))
    program.jump(if: .greater(5), to: end)
    program.jump(if: .atLeastIndex, to: end)
    program.place(end)
    program.end(7)
    #expect(
      lines(program) == [
        "1 0 0 9", "64 0 0 3", "2 0 0 1", "96 0 0 1", "135 0 0 0", "4 0 0 1", "20 0 0 2", "12 0 0 0", "116 0 0 4",
        "37 1 0 5", "61 0 0 0", "6 0 0 7",
      ])
  }
}
