import Glibc

/// The content of a nsswitch.conf(5).
enum NameServiceSwitch {
  /// Services that ask a daemon of the host through its socket. The daemon answers from the host's network, and does
  /// not know the sandbox's /etc/hosts. The mDNS services have several names.
  private static let ofDaemons = ["resolve", "mymachines", "libvirt", "libvirt_guest", "sss", "wins", "winbind"]

  private static func isOfDaemon(_ service: Substring) -> Bool {
    service.hasPrefix("mdns") || ofDaemons.contains { $0 == service }
  }

  /// Removes the services that ask daemons of the host, such as systemd-resolved, from the lookup of hosts.
  /// - Returns: nil if there are none.
  static func withoutDaemons(_ text: String) -> String? {
    // Many hosts have no such service, so search before parsing the lines.
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
      // The service `resolve` also reads /etc/hosts and asks DNS servers, so `files` and `dns` replace it.
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
