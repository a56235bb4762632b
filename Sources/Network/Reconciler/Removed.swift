import NetTypes

/// An object that a cleanup removed, or would remove.
public struct Removed: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case sandbox, link, bridge, rules, forwarding, lease, name, record
  }

  public enum Reason: String, Sendable {
    /// The process that answered for the object is gone.
    case stale
    /// The sandbox was to stay, but `cleanup --all` was requested.
    case created
    /// The sandbox was to stay, but another program has deleted its namespace, the namespace's name, or its link.
    case broken
    /// The object carries nsrun's tag, but is in no record.
    case unrecorded
    /// The object is a damaged record, or the state of a network namespace that is gone.
    case damaged
  }

  public var kind: Kind
  public var name: String
  public var reason: Reason
  public var bridge: InterfaceName?
  /// The processes inside.
  public var processes: [Int32] = []

  package init(kind: Kind, name: String, reason: Reason, bridge: InterfaceName? = nil, processes: [Int32] = []) {
    self.kind = kind
    self.name = name
    self.reason = reason
    self.bridge = bridge
    self.processes = processes
  }
}
