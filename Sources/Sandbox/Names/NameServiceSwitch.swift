import Glibc

/// What nsswitch.conf(5) says.
enum NameServiceSwitch {
  /// Services that ask a daemon of the host by a socket of its own: its answers come from the host's network, and it
  /// knows nothing of the sandbox's /etc/hosts. Those of mDNS have names of several forms.
  private static let ofDaemons = ["resolve", "mymachines", "libvirt", "libvirt_guest", "sss", "wins", "winbind"]

  private static func isOfDaemon(_ service: Substring) -> Bool {
    service.hasPrefix("mdns") || ofDaemons.contains { $0 == service }
  }

  /// Leaves daemons of the host out of looking up hosts, systemd-resolved first of all.
  /// - Returns: nil where none has a part in it.
  static func withoutDaemons(_ text: String) -> String? {
    // Many hosts are without them: not worth taking the lines apart.
    guard mentionsDaemon(text) else { return nil }
    var isChanged = false
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> Substring in
      let content = line.prefix { $0 != "#" }
      guard let colon = content.firstIndex(of: ":"),
        content[..<colon].split(whereSeparator: \.isWhitespace) == ["hosts"]
      else { return line }
      var services = services(content[content.index(after: colon)...])
      guard services.contains(where: { isOfDaemon($0.name) }) else { return line }
      isChanged = true
      services.removeAll { isOfDaemon($0.name) }
      // resolve also reads /etc/hosts itself, and asks the DNS.
      if !services.contains(where: { $0.name == "files" }) { services.insert(("files", "files"), at: 0) }
      if !services.contains(where: { $0.name == "dns" }) { services.append(("dns", "dns")) }
      return "hosts: \(services.map(\.text).joined(separator: " "))"[...]
    }
    return isChanged ? lines.joined(separator: "\n") : nil
  }

  private static func mentionsDaemon(_ text: String) -> Bool {
    text.utf8CString.withUnsafeBufferPointer { text in
      ofDaemons.contains { strstr(text.baseAddress!, $0) != nil } || strstr(text.baseAddress!, "mdns") != nil
    }
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
