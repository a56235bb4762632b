import Glibc

/// A system call that failed: what was done, to what, and the kernel's error number.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was attempted, as a verb phrase or the name of the system call: `open`, `mount`.
  public var operation: String
  /// What it was attempted on: a path, a name, a process id.
  public var subject: String
  /// The error number of errno(3).
  public var errno: Int32

  public init(_ operation: String, _ subject: String, errno: Int32) {
    self.operation = operation
    self.subject = subject
    self.errno = errno
  }

  /// Whether there was nothing of the name (ENOENT). Of what was written there, as of a congestion control that the kernel
  /// does not have, it says nothing.
  public var isNotFound: Bool { errno == ENOENT && operation != Self.writing }

  /// The operation where the kernel did not take what was written.
  public static let writing = "write"

  public var description: String {
    subject.isEmpty
      ? "cannot \(operation): \(errorText(errno))" : "cannot \(operation) \(subject): \(errorText(errno))"
  }
}

/// The C library's text for an error number, such as "No such file or directory" for ENOENT.
public func errorText(_ errno: Int32) -> String {
  guard let text = strerror(errno) else { return "error \(errno)" }
  return String(cString: text)
}

/// Runs a system call that returns -1 on failure, again as long as a signal interrupts it, and gives its result.
@inline(__always)
@discardableResult
public func systemCall<Result: SignedInteger>(
  _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
  try systemCall(operation(), subject(), answeredBy: { _ in false }, call)!
}

/// The same where some error numbers are no failure but an answer, and a usual one: the first error that a process throws
/// takes its time.
/// - Returns: nil for one of those.
@inline(__always)
public func systemCall<Result: SignedInteger>(
  _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String,
  answeredBy isAnswer: (Int32) -> Bool, _ call: () -> Result
) throws(SystemError) -> Result? {
  while true {
    let result = call()
    let code = errno
    if result >= 0 { return result }
    if isAnswer(code) { return nil }
    if code != EINTR { throw SystemError(operation(), subject(), errno: code) }
  }
}
