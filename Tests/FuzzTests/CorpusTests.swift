import LinuxSystem
import Testing

@Suite("Codecs with arbitrary input")
struct CorpusTests {
  private static let directory = #filePath.replacing("CorpusTests.swift", with: "Corpus")

  /// The inputs from which `make fuzz` starts. Together they reach everything that ten million inputs have reached.
  /// `make fuzz-corpus` chooses them.
  private static func inputs() throws -> [(name: String, bytes: [UInt8])] {
    try directoryEntries(directory).sorted().map { ($0, try readFile("\(directory)/\($0)")) }
  }

  @Test("Codecs keep their promises for every input that the fuzzer has kept")
  func corpus() throws {
    let inputs = try Self.inputs()
    let codecs = Set(inputs.compactMap { $0.bytes.first.map { Codec.chosen(by: $0) } })
    #expect(codecs == Set(Codec.allCases))
    for (name, bytes) in inputs {
      #expect(throws: Never.self, "\(name)") { try exercise(bytes) }
    }
  }

  @Test("Codecs keep their promises for every beginning of an input that the fuzzer has kept")
  func truncation() throws {
    for (name, bytes) in try Self.inputs() {
      for count in 0..<bytes.count {
        #expect(throws: Never.self, "\(name), \(count) bytes of it") { try exercise(Array(bytes[..<count])) }
      }
    }
  }
}
