/// The result of one check.
public struct Finding: Equatable, Sendable {
  public enum Status: String, Sendable {
    case ok
    /// The main job works, but something else may not.
    case warning
    /// The main job cannot work.
    case problem
  }

  /// What was checked, in one or two words.
  public var check: String
  public var status: Status
  public var message: String
  /// What to do about it; nil if nothing needs to be done.
  public var remedy: String?

  package init(check: String, status: Status, message: String, remedy: String? = nil) {
    self.check = check
    self.status = status
    self.message = message
    self.remedy = remedy
  }
}
