import NetTypes

/// A wanted connection of a sandbox to one network.
public enum ConnectionSpec: Sendable {
  case bridge(NetworkSpec)
  case link(LinkSpec)

  var target: ConnectionTarget {
    switch self {
    case .bridge(let spec): ConnectionTarget(kind: .bridge, link: spec.bridge)
    case .link(let spec): ConnectionTarget(kind: spec.kind, link: spec.lower)
    }
  }

  /// The wanted name of the link inside; nil for a default name.
  var interface: InterfaceName? {
    switch self {
    case .bridge(let spec): spec.interface
    case .link(let spec): spec.interface
    }
  }

  /// Which packets leave the network.
  package var egress: NetworkSpec.Egress {
    switch self {
    case .bridge(let spec): spec.egress
    case .link: .routed
    }
  }

  /// The wanted address; nil for the next free one.
  var address: IPAddress? {
    switch self {
    case .bridge(let spec): spec.address
    case .link(let spec): spec.address.address
    }
  }

  /// The specification of a connection to a bridge; nil for another kind.
  public var bridged: NetworkSpec? { if case .bridge(let spec) = self { spec } else { nil } }
}
