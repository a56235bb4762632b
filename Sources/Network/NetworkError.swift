import Glibc
import LinuxSystem
import Netlink

/// Why something could not be done for a network.
public enum NetworkError: Error, Sendable, CustomStringConvertible {
  /// The request cannot be fulfilled. The text tells why, and what to do.
  case refused(Message)
  /// The file at this path has the name of a record, but is no valid record.
  case damaged(String)
  /// A system call failed.
  case system(SystemError)
  /// The kernel refused a netlink request.
  case netlink(NetlinkError)
  /// A signal asked this process to end.
  case interrupted(signal: Int32)
  /// The caller's own part failed, such as the process that is to be in the network.
  case other(any Error & CustomStringConvertible)

  public var description: String { text(\.rawValue) }

  /// The text for people.
  /// - Parameter word: what the reader calls a field of a specification.
  public func text(_ word: (Field) -> String) -> String {
    switch self {
    case .refused(let message): message.text(word)
    case .damaged(let path):
      if path.utf8.split(separator: UInt8(ascii: "/")).dropLast().last?.elementsEqual("networks".utf8) == true {
        "the record \(path) is damaged: nsrun reload writes it anew"
      } else if path.hasSuffix("/host") || path.hasSuffix("/host6") {
        "the record \(path) is damaged: the last sandbox to leave turns forwarding off, and restores nothing else"
      } else {
        "the record \(path) is damaged: nsrun cleanup moves it aside, and removes what it spoke of"
      }
    case .system(let error): "\(error)"
    case .netlink(let error): "\(error)"
    case .interrupted(let signal): "ended by signal \(signal) before it was done"
    case .other(let error): "\(error)"
    }
  }

  /// The errno of a netlink request that the kernel refused; nil for every other failure.
  var netlinkErrno: Int32? {
    if case .netlink(let cause) = self { cause.errno } else { nil }
  }
}

/// Runs system calls, and converts a thrown error to a ``NetworkError``.
package func system<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(NetworkError) -> Result {
  do throws(SystemError) { return try body() } catch {
    // Only ``Wait`` throws EINTR, if a signal ended it; other calls are restarted.
    if error.errno == EINTR, let signal = EndSignal.pending { throw .interrupted(signal: signal) }
    throw .system(error)
  }
}

/// Runs netlink requests, and converts a thrown error to a ``NetworkError``.
func netlink<Result: ~Copyable>(_ body: () throws(NetlinkError) -> Result) throws(NetworkError) -> Result {
  do throws(NetlinkError) { return try body() } catch { throw .netlink(error) }
}
