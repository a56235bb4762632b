import Testing

@testable import LinuxSystem

@Suite("Deceptive text")
struct DeceptiveTextTests {
  @Test(
    "A character that is invisible, or looks like another one, is deceptive",
    arguments: [
      0x0...0x1f, 0x7f...0xa0, 0xad...0xad, 0x34f...0x34f, 0x600...0x605, 0x61c...0x61c, 0x115f...0x1160,
      0x17b4...0x17b5, 0x180b...0x180f, 0x2000...0x200f, 0x2028...0x202f, 0x2060...0x206f, 0x2800...0x2800,
      0x3000...0x3000, 0x3164...0x3164, 0xfe00...0xfe0f, 0xfeff...0xfeff, 0xffa0...0xffa0, 0xfff9...0xfffb,
      0x1d173...0x1d17a, 0xe0001...0xe0001, 0xe0020...0xe007f, 0xe0100...0xe01ef,
    ] as [ClosedRange<UInt32>])
  func deceptive(range: ClosedRange<UInt32>) {
    for value in range { #expect(Unicode.Scalar(value)!.isDeceptive, "U+\(String(value, radix: 16))") }
  }

  @Test("Letters, marks on them, symbols and the space stay unchanged")
  func plain() {
    let text = " ~Aé e\u{301} 名前 한글 नमस्ते שלום 🦊 €"
    #expect(text.replacingDeceptive { _ in "?" } == text)
    #expect("a\u{3164}b\u{e0041}".replacingDeceptive { "<\(String($0.value, radix: 16))>" } == "a<3164>b<e0041>")
  }
}
