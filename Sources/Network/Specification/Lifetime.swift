/// How long a sandbox exists.
public enum Lifetime: String, Sendable {
  /// Until its command ends.
  case run
  /// Until it is removed.
  case create
}
