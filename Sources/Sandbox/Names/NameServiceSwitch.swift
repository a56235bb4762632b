import Glibc

/// What nsswitch.conf(5) says.
enum NameServiceSwitch {
  /// Leaves systemd-resolved out of looking up hosts: it is asked by D-Bus or a socket of its own, so its answers come
  /// from the host's network, and it knows nothing of the sandbox's /etc/hosts.
  /// - Returns: nil where it has no part in it.
  static func withoutResolve(_ text: String) -> String? {
    // Most hosts are without it: not worth taking the lines apart.
    guard mentionsResolve(text) else { return nil }
    var isChanged = false
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> Substring in
      let content = line.prefix { $0 != "#" }
      guard let colon = content.firstIndex(of: ":"),
        content[..<colon].split(whereSeparator: \.isWhitespace) == ["hosts"]
      else { return line }
      var services = services(content[content.index(after: colon)...])
      guard services.contains(where: { $0.name == "resolve" }) else { return line }
      isChanged = true
      services.removeAll { $0.name == "resolve" }
      // It also reads /etc/hosts itself, and asks the DNS.
      if !services.contains(where: { $0.name == "files" }) { services.insert(("files", "files"), at: 0) }
      if !services.contains(where: { $0.name == "dns" }) { services.append(("dns", "dns")) }
      return "hosts: \(services.map(\.text).joined(separator: " "))"[...]
    }
    return isChanged ? lines.joined(separator: "\n") : nil
  }

  private static func mentionsResolve(_ text: String) -> Bool {
    text.utf8CString.withUnsafeBufferPointer { strstr($0.baseAddress!, "resolve") != nil }
  }

  /// The services of a line, each with the actions in brackets that follow it.
  private static func services(_ text: Substring) -> [(name: Substring, text: String)] {
    var services: [(name: Substring, text: String)] = []
    var rest = text.drop(while: \.isWhitespace)
    while let first = rest.first {
      let isAction = first == "["
      let end = rest.firstIndex { isAction ? $0 == "]" : $0.isWhitespace || $0 == "[" } ?? rest.endIndex
      let word = isAction && end < rest.endIndex ? rest[...end] : rest[..<end]
      if isAction, let last = services.indices.last {
        services[last].text += " \(word)"
      } else if !isAction {
        services.append((word, String(word)))
      }
      rest = rest[word.endIndex...].drop(while: \.isWhitespace)
    }
    return services
  }
}
