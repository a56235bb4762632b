import Network

/// The wanted properties of a sandbox, checked for consistency, but not yet against the host.
public struct SandboxSpec: Sendable {
  public var network: AttachmentSpec
  /// Whether commands inside have the privileges of this process on the host, as with `ip netns exec`. Otherwise a user
  /// namespace owns the network: they have all privileges over it, and none over the host's network.
  public var isPrivileged: Bool
  /// Whether the command and all its descendants get a PID namespace of their own.
  public var hasOwnProcesses: Bool

  public init(_ network: AttachmentSpec, isPrivileged: Bool = false, hasOwnProcesses: Bool = false) {
    self.network = network
    self.isPrivileged = isPrivileged
    self.hasOwnProcesses = hasOwnProcesses
    let resolver = network.resolver
    self.network.nameServers = { HostResolvers().servers(for: resolver, hostAddress: $0) }
  }
}
