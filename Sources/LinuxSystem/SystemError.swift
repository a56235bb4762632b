import Glibc

/// A failed system call: the operation, its subject and the kernel's error number.
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

  /// Whether the subject does not exist (ENOENT). ENOENT from a write says nothing about the subject: the kernel may
  /// lack what was written, such as a congestion control.
  public var isNotFound: Bool { errno == ENOENT && operation != Self.writing }

  /// The operation of an error where the kernel rejected what was written.
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

/// Runs a system call that returns -1 on failure, repeats it while signals interrupt it, and returns its result.
@inline(__always)
@discardableResult
public func systemCall<Result: SignedInteger>(
  _ operation: @autoclosure () -> String, _ subject: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
  try systemCall(operation(), subject(), answeredBy: { _ in false }, call)!
}

/// The same for a call where some error numbers are an expected answer. A nil answer is faster than an error: the first
/// error that a process throws takes long.
/// - Returns: nil for such an error number.
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
