import Glibc
import LinuxSystem

/// A request that the kernel refused, or an exchange that failed: the operation, its subject and the reason.
public struct NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the request does, as a verb phrase: `create link`.
  public var operation: String
  /// The subject of the request: `br0`.
  public var subject: String
  /// The error number of errno(3); EBADMSG for a malformed answer.
  public var errno: Int32
  /// The kernel's extended-ACK text, or what was malformed.
  public var message: String?
  /// The attribute that the kernel rejected, as a path of names: `IFLA_LINKINFO.IFLA_INFO_KIND`.
  public var attribute: String?

  public init(
    operation: String, subject: String, errno: Int32, message: String? = nil, attribute: String? = nil
  ) {
    self.operation = operation
    self.subject = subject
    self.errno = errno
    self.message = message
    self.attribute = attribute
  }

  public var description: String {
    var text = "cannot \(operation)"
    if !subject.isEmpty { text += " \(subject)" }
    text += ": \(errorText(errno))"
    if let message { text += ": \(message)" }
    if let attribute { text += " (\(attribute))" }
    return text
  }
}
