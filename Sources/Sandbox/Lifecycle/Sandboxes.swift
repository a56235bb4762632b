import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import Network
import RouteNetlink

/// Makes sandboxes and enters them.
public struct Sandboxes {
  let host: Host

  public init(_ host: Host) { self.host = host }

  /// Runs a command in a new sandbox, waits for the command to end, and removes the sandbox.
  /// - Parameter keeps: whether the sandbox stays afterwards, like one made by ``create(_:)``.
  /// - Returns: how the command ended.
  public func run(_ spec: SandboxSpec, _ command: Command, keeps: Bool) throws(SandboxError) -> ExitStatus {
    try requireMeans(for: spec)
    defer { host.finish() }
    let signals = BlockedSignals()
    Supervisor.adoptOrphans()
    // The child makes its namespaces while this process queries the kernel.
    var spec = spec
    if spec.hasOwnProcesses && !canShowOwnProcesses(signals) { spec.hasOwnProcesses = false }
    let child: ChildProcess
    try system { () throws(SystemError) in try host.state.prepareRoot() }
    do throws(SystemError) { child = try sandboxChild(spec, command, signals) } catch {
      throw spec.hasOwnProcesses ? .processNamespaceFailure(error) : .system(error)
    }
    let network = try attach(spec.network, child, isPrivileged: spec.isPrivileged)
    host.reporter.progress?(Self.step(executing: command))
    do throws(LaunchError) { try child.proceed(with: network.facts.variables) } catch {
      child.end()
      network.remove(from: host)
      throw .launch(error)
    }
    let status = Supervisor(of: child).wait(signals: signals)
    if keeps {
      _ = try network.keep(on: host)
    } else {
      // A user who ended the command by a signal does not want to wait. Shells and process 1 report the signal as
      // 128+N.
      network.remove(from: host, isPatient: !(129...192).contains(status.code))
    }
    return status
  }

  /// Makes a sandbox that stays until it is removed.
  /// - Returns: the facts in its record.
  public func create(_ spec: SandboxSpec) throws(SandboxError) -> SandboxFacts {
    try requireMeans(for: spec)
    defer { host.finish() }
    let signals = BlockedSignals()
    let child = try system { () throws(SystemError) in try sandboxChild(spec, nil, signals) }
    let network = try attach(spec.network, child, isPrivileged: spec.isPrivileged)
    // From here on, the name keeps the namespace alive.
    child.end()
    return try network.keep(on: host)
  }

  /// Replaces this process by a command inside a sandbox, or inside any other named namespace.
  /// - Parameter isPrivileged: whether the command keeps its privileges over the host, even in a sandbox made without
  ///   them.
  /// - Throws: always; on success it does not return.
  public func execute(_ command: Command, in name: NamespaceName, isPrivileged: Bool) throws(SandboxError) -> Never {
    try Privileges.require()
    let inherited = InheritedState()
    SandboxRecord.noteJoining(name, in: host.state)
    let namespace = try namespaceToEnter(name)
    let facts = SandboxRecords(host).facts(of: name, namespace)
    var command = command
    command.environment.insert(contentsOf: facts?.variables ?? SandboxFacts.variables(of: name), at: 0)
    let resolvers = facts.flatMap { facts in
      NameFiles(host).hostResolvers(
        facts.resolver, facts.connections.map(\.egress), facts.naming.families.first ?? .inet)
    }
    let owner = isPrivileged ? nil : try system { () throws(SystemError) in try UserNamespace.owner(of: namespace) }
    if owner != nil, !UserNamespace.isOfCaller(namespace) { throw Self.isForeign(name) }
    let ids = try system { () throws(SystemError) in try UserNamespace.identityMaps() }
    try system { () throws(SystemError) in
      try namespace.enter()
      // An nsrun inside has a state directory of its own.
      var view = MountView(name: name, without: host.names, hiding: host.state.root, isConfined: owner != nil)
      let files = try view.establish(warn: host.reporter.warn)
      try complete(view, files, owner, facts?.naming, resolvers)
    }
    // The id maps can only be read inside. Processes there have no power over this process yet.
    if owner != nil, try !hasIdentities(ids, isRecorded: facts != nil) { throw Self.isForeign(name) }
    throw .launch(command.execute(with: inherited))
  }

  private func namespaceToEnter(_ name: NamespaceName) throws(SandboxError) -> NetworkNamespace {
    do throws(SandboxError) { return try NamespaceSearch(host).namespace(named: name) } catch {
      guard (try? Inventory(host).report(on: name))?.state == .broken else { throw error }
      throw .refused(
        "'\(name)' is broken, somebody has deleted its namespace's name: \(SandboxConditions(host).endOfBroken(name))")
    }
  }

  /// Whether these are the id maps of the calling process's user namespace. A new user namespace has none for a moment.
  /// - Parameter isRecorded: whether an nsrun made it, or is making it.
  private func hasIdentities(_ ids: [String], isRecorded: Bool) throws(SandboxError) -> Bool {
    try system { () throws(SystemError) in
      var wait = Wait(for: "the nsrun that is making the sandbox", limit: isRecorded ? 60_000_000 : 1_000_000)
      while true {
        let maps = try UserNamespace.maps()
        if !maps.contains("") { return maps == ids }
        guard try wait.restWithinLimit() else { return false }
      }
    }
  }

  private static func isForeign(_ name: NamespaceName) -> SandboxError {
    .refused(
      """
      the network '\(name)' belongs to a user namespace that nsrun has not made, and whose owner would have power over \
      what enters it: --privileged enters the network alone, and keeps the power over this host
      """)
  }

  /// Completes the environment of a command in the calling process, which is in its network namespace and has its mount
  /// view: with the name files and the hostname of its sandbox, if it is in one.
  /// - Parameter owner: the user namespace to enter; nil for none.
  private func complete(
    _ view: MountView, _ files: borrowing ViewFiles?, _ owner: borrowing UserNamespace?, _ naming: Naming?,
    _ resolvers: HostResolvers?
  ) throws(SystemError) {
    // Mount before entering the user namespace: the command cannot unmount what is mounted by then.
    let covers = naming.map { NameFiles(host).covers(of: $0, resolvers) } ?? []
    view.configure(with: covers, in: files, warn: host.reporter.warn)
    try MountView.reenterDirectory(warn: host.reporter.warn)
    if view.isConfined {
      try owner?.enter(warn: host.reporter.warn)
      try MountView.seal()
    }
    if let naming { try UTSNamespace.make(hostname: naming.hostname.text) }
  }

  /// Makes the network of a child, which is in its namespace or about to make it. On failure, ends the child and removes
  /// the network.
  private func attach(
    _ spec: AttachmentSpec, _ child: borrowing ChildProcess, isPrivileged: Bool
  ) throws(SandboxError) -> Attachment {
    var network: Attachment
    do throws(SandboxError) {
      Removal(host).sweep()
      network = try .begin(spec, on: host, ending: ending(spec.name, from: child.pid))
    } catch {
      child.end()
      throw error
    }
    do throws(SandboxError) {
      if spec.isNamed { NameFiles(host).warn(network.facts) }
      try network.build(on: host) { (facts) throws(SandboxError) in try namespace(of: child, facts) }
      if !isPrivileged { try giveIdentities(to: child) }
    } catch {
      child.end()
      network.remove(from: host)
      throw error
    }
    return network
  }

  /// - Parameter first: the id of the first process inside.
  private func ending(_ name: NamespaceName, from first: Int32) -> Attachment.Ending {
    let start = monotonicMicroseconds()
    return Attachment.Ending(
      endProcesses: { [host] namespace, identity, hasGrown in
        // Orphans of the command have become children of this process.
        guard
          hasGrown || Supervisor.hasDescendants() || Inhabitants.mayHaveCome(into: identity, from: first, since: start)
        else { return 0 }
        return InhabitantSearch(host).end(inside: namespace, from: first, of: name.text)
      },
      removeUnrecorded: { [host] in _ = try? UnrecordedObjects(host).remove(all: false, isDryRun: false) })
  }

  /// The network namespace that a child has made. Lets the child go on.
  private func namespace(
    of child: borrowing ChildProcess, _ facts: SandboxFacts
  ) throws(SandboxError) -> NetworkNamespace {
    do throws(LaunchError) { try child.checkpoint() } catch { throw .namespaceFailure(error) }
    let namespace: NetworkNamespace
    do throws(SystemError) {
      // Open it before the child enters its user namespace. After that, only a process with CAP_SYS_PTRACE can.
      namespace = try NetworkNamespace.ofProcess(child.pid)
    } catch {
      throw .launch(child.cause(of: error))
    }
    // The child needs these values for its mount view.
    let naming = facts.naming
    try system { () throws(SystemError) in
      try child.permit(telling: [
        ("bridges", naming.bridges.map(\.text).joined(separator: " ")),
        ("host-addresses", naming.hostAddresses.map { "\($0)" }.joined(separator: " ")),
        ("families", naming.families.map { "\($0.rawValue)" }.joined(separator: " ")),
      ])
    }
    return namespace
  }

  /// Whether a /proc of the command's own PID namespace can be mounted. Without it, the ids of processes inside would
  /// lead to other processes in /proc.
  ///
  /// In a user namespace, the kernel refuses to mount it if parts of the existing /proc are permanently hidden or
  /// read-only (mount_too_revealing in fs/namespace.c), as in another sandbox or a container.
  private func canShowOwnProcesses(_ signals: borrowing BlockedSignals) -> Bool {
    if UserNamespace.isFirst { return true }
    let child = try? ChildProcess(signals: signals, command: nil, isInit: true) { (parent) throws(SystemError) in
      try MountView.isolate()
      try MountView(hasOwnProcesses: true).mountCompleteProc()
      parent.reachCheckpoint()
    }
    guard let child else { return true }
    defer { child.end() }
    do throws(LaunchError) { try child.checkpoint() } catch { return false }
    return true
  }

  /// Starts a child that makes a network namespace. It reaches a checkpoint when the namespace exists. If a new user
  /// namespace owns that, it reaches a second checkpoint when it has entered its owner.
  private func sandboxChild(
    _ spec: SandboxSpec, _ command: Command?, _ signals: borrowing BlockedSignals
  ) throws(SystemError) -> ChildProcess {
    try ChildProcess(signals: signals, command: command, isInit: spec.hasOwnProcesses) {
      (parent) throws(SystemError) in
      let resolvers =
        command == nil
        ? nil
        : NameFiles(host).hostResolvers(
          spec.network.resolver, spec.network.connections.map(\.egress), spec.network.hasIPv4 ? .inet : .inet6)
      var owner: UserNamespace?
      if spec.isPrivileged {
        try NetworkNamespace.unshare()
      } else {
        owner = try .some(NetworkNamespace.unshareOwned(warn: host.reporter.warn))
      }
      parent.reachCheckpoint(goesOn: true)
      SysctlDefaults.apply(warn: host.reporter.warn)
      if command == nil {
        parent.awaitPermission()
        try owner?.enter(warn: host.reporter.warn)
      } else {
        var view = MountView(
          name: spec.network.name, without: host.names, hiding: host.state.root, isConfined: !spec.isPrivileged,
          hasOwnProcesses: spec.hasOwnProcesses)
        let files = try view.establish(warn: host.reporter.warn)
        // Wait until the sandbox has leased its addresses.
        let told = parent.awaitPermission()
        func values(_ name: String) -> [String] {
          (told.first { $0.name == name }?.value ?? "").split(separator: " ").map(String.init)
        }
        let naming = Naming(
          name: spec.network.name, hostname: spec.network.hostname, resolver: spec.network.resolver,
          bridges: values("bridges").compactMap { try? InterfaceName($0) },
          hostAddresses: values("host-addresses").compactMap { IPAddress($0) },
          families: values("families").compactMap { UInt8($0).flatMap(AddressFamily.init(rawValue:)) })
        try complete(view, files, owner, naming, resolvers)
      }
      if !spec.isPrivileged { parent.reachCheckpoint() }
    }
  }

  /// Maps every id in the child's user namespace to the same id of this process's user namespace.
  private func giveIdentities(to child: borrowing ChildProcess) throws(SandboxError) {
    // Read the maps while the child works.
    let maps = try system { () throws(SystemError) in try UserNamespace.IdentityMaps() }
    try launch { () throws(LaunchError) in try child.checkpoint() }
    do throws(SystemError) { try maps.apply(to: child.pid) } catch {
      guard error.errno == EROFS else { throw .launch(child.cause(of: error)) }
      throw .refused("\(error), as it is in a sandbox of a sandbox: give the nsrun that made this one --no-pid")
    }
  }

  /// Refuses what this process, or this host, has no means for.
  func requireMeans(for spec: SandboxSpec) throws(SandboxError) {
    try Privileges.require()
    if !spec.isPrivileged { try Privileges.requireUserNamespaces() }
    try requireResolverFile(spec.network.resolver)
    if let servers = spec.network.resolver.servers, servers.count > ResolverSpec.maximumServers {
      host.reporter.warn("--dns: of \(servers.count) servers only the first \(ResolverSpec.maximumServers) are asked")
    }
  }

  /// Checks that the host has an /etc/resolv.conf if the sandbox needs one of its own, which is mounted over it.
  private func requireResolverFile(_ spec: ResolverSpec) throws(SandboxError) {
    let path = "/etc/resolv.conf"
    guard spec.servers?.isEmpty == false || !spec.search.isEmpty, access(path, F_OK) != 0, linkTarget(path) == nil
    else { return }
    throw .refused("--dns: this host has no \(path) to mount the sandbox's own on: create one, it may be empty")
  }
}
