import Glibc
import LinuxSystem

/// A request that the kernel refused, or an exchange that failed: what was asked, on what, and why it failed.
public struct NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What the request does, as a verb phrase: `create link`.
  public var operation: String
  /// On what: `br0`.
  public var subject: String
  /// The error number of errno(3); EBADMSG for an answer that made no sense.
  public var errno: Int32
  /// The kernel's extended-ACK text, or what made no sense.
  public var message: String?
  /// The attribute that the kernel took offence at, as a path of names: `IFLA_LINKINFO.IFLA_INFO_KIND`.
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
