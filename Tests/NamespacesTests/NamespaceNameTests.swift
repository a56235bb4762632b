import Testing

@testable import Namespaces

@Suite("Names of network namespaces")
struct NamespaceNameTests {
  @Test(
    "NamespaceName accepts every text that can be the name of a file",
    arguments: ["a", "web", "web-1.example", "..a", "-x", "é", " ", String(repeating: "n", count: 255)])
  func valid(text: String) throws {
    #expect(try NamespaceName(text).text == text)
    #expect(try "\(NamespaceName(text))" == text)
  }

  @Test(
    "NamespaceName refuses any other text, and says why",
    arguments: [
      ("", "empty"), (".", "directory"), ("..", "directory"), ("a/b", "'/'"), ("/", "'/'"), ("a\0b", "control"),
      ("a\nb", "control"), ("\u{1b}[31m", "control"), ("\u{7f}", "control"),
      ("a\u{202e}b", "invisible"), ("\u{9b}31m", "control"), ("a\u{200b}", "invisible"), ("\u{feff}", "invisible"),
      ("a\u{2028}b", "invisible"), ("\u{61c}", "invisible"), ("web\u{3164}", "invisible"), ("web\u{fe0f}", "invisible"),
      (String(repeating: "n", count: 256), "256"),
      // Bytes count, not characters: 128 times 2.
      (String(repeating: "é", count: 128), "256"),
    ])
  func invalid(text: String, reason: String) {
    let error = #expect(throws: NamespaceName.Invalid.self) { try NamespaceName(text) }
    #expect(error?.description.contains(reason) == true)
  }

  @Test("Names with different bytes differ, though they may show the same letters")
  func bytes() throws {
    let names = try ["\u{e9}", "e\u{301}"].map { try NamespaceName($0) }
    #expect(names[0] != names[1])
    #expect(Set(names).count == 2)
    #expect(names[1] < names[0] && !(names[0] < names[1]))
  }

  @Test("Names are sorted by text")
  func order() throws {
    let names = try ["b", "a10", "a2"].map { try NamespaceName($0) }
    #expect(names.sorted().map(\.text) == ["a10", "a2", "b"])
  }
}
