import Glibc
import Launch
import LinuxSystem
import Namespaces
import NetTypes
import Netlink
import RouteNetlink

/// Makes sandboxes, and enters them.
public struct Sandboxes {
  let host: Host

  public init(_ host: Host) { self.host = host }

  /// Gives a command a sandbox of its own, waits for its end, and removes the sandbox.
  /// - Parameter keeps: whether the sandbox stays, as one made by ``create(_:)``.
  /// - Returns: how the command ended.
  public func run(_ spec: SandboxSpec, _ command: Command, keeps: Bool) throws(SandboxError) -> ExitStatus {
    try requireMeans(for: spec)
    defer { host.finish() }
    let signals = BlockedSignals()
    Supervisor.adoptOrphans()
    // The child makes its namespaces while this process asks the kernel what there is.
    var spec = spec
    if spec.hasOwnProcesses && !canShowOwnProcesses(signals) { spec.hasOwnProcesses = false }
    let child: ChildProcess
    try system { () throws(SystemError) in try host.state.prepareRoot() }
    do throws(SystemError) { child = try sandboxChild(spec, command, signals) } catch {
      throw spec.hasOwnProcesses ? .processNamespaceFailure(error) : .system(error)
    }
    let sandbox = try makeSandbox(spec, around: child, signals)
    host.reporter.progress?(Self.step(executing: command))
    do throws(LaunchError) { try child.proceed(with: sandbox.facts.variables) } catch {
      child.end()
      sandbox.remove(from: host)
      throw .launch(error)
    }
    let status = Supervisor(of: child).wait(signals: signals)
    if keeps {
      _ = try sandbox.keep(on: host)
    } else {
      // Who ends it by a signal does not want to wait for more; shells, and process 1, tell it by a status.
      sandbox.remove(from: host, isPatient: !(129...192).contains(status.code))
    }
    return status
  }

  /// Makes a sandbox that stays until it is removed.
  /// - Returns: what there is to know of it.
  public func create(_ spec: SandboxSpec) throws(SandboxError) -> SandboxFacts {
    try requireMeans(for: spec)
    defer { host.finish() }
    let signals = BlockedSignals()
    let child = try system { () throws(SystemError) in try sandboxChild(spec, nil, signals) }
    let sandbox = try makeSandbox(spec, around: child, signals)
    // The name keeps the namespace from here on.
    child.end()
    return try sandbox.keep(on: host)
  }

  /// Replaces this process by a command inside a sandbox, or inside any namespace that has a name.
  /// - Parameter isPrivileged: whether it keeps its power over the host where the sandbox is not made so.
  /// - Throws: always, since it does not come back otherwise.
  public func execute(_ command: Command, in name: NamespaceName, isPrivileged: Bool) throws(SandboxError) -> Never {
    try Privileges.require()
    let inherited = InheritedState()
    SandboxRecord.noteJoining(name, in: host.state)
    let namespace = try namespaceToEnter(name)
    let facts = SandboxRecords(host).facts(of: name, namespace)
    var command = command
    command.environment.insert(contentsOf: facts?.variables ?? SandboxFacts.variables(of: name), at: 0)
    let resolvers = facts.flatMap { NameFiles(host).hostResolvers($0.resolver, $0.connections.map(\.egress)) }
    let owner = isPrivileged ? nil : try system { () throws(SystemError) in try UserNamespace.owner(of: namespace) }
    if owner != nil, !UserNamespace.isOfCaller(namespace) { throw Self.isForeign(name) }
    let ids = try system { () throws(SystemError) in try UserNamespace.identityMaps() }
    try system { () throws(SystemError) in
      try namespace.enter()
      // An nsrun inside has a state of its own.
      var view = MountView(name: name, without: host.names, hiding: host.state.root, isConfined: owner != nil)
      let files = try view.establish(warn: host.reporter.warn)
      try complete(view, files, owner, facts?.naming, resolvers)
    }
    // They can only be read from inside, where nobody can do anything to this process yet.
    if owner != nil, try !hasIdentities(ids) { throw Self.isForeign(name) }
    throw .launch(command.execute(with: inherited))
  }

  private func namespaceToEnter(_ name: NamespaceName) throws(SandboxError) -> NetworkNamespace {
    do throws(SandboxError) { return try NamespaceSearch(host).namespace(named: name) } catch {
      guard (try? Inventory(host).report(on: name))?.state == .broken else { throw error }
      throw .refused(
        "'\(name)' is broken, somebody has deleted its namespace's name: \(Inventory(host).endOfBroken(name))")
    }
  }

  /// Whether the ids of the calling process's user namespace are these. One that is being made has none for a moment.
  private func hasIdentities(_ ids: [String]) throws(SandboxError) -> Bool {
    try system { () throws(SystemError) in
      for _ in 0..<100 {
        let maps = try UserNamespace.maps()
        if !maps.contains("") { return maps == ids }
        usleep(10_000)
      }
      return false
    }
  }

  private static func isForeign(_ name: NamespaceName) -> SandboxError {
    .refused(
      "the network '\(name)' belongs to a user namespace that nsrun has not made, and whose owner would have power over "
        + "what enters it: --privileged enters the network alone, and keeps the power over this host")
  }

  /// Completes the surroundings of a command for the calling process, which is in its network namespace and has its
  /// view: with what is known of its sandbox, if it is in one.
  /// - Parameter owner: the user namespace that it moves into; nil for none.
  private func complete(
    _ view: MountView, _ files: borrowing ViewFiles?, _ owner: borrowing UserNamespace?, _ naming: Naming?,
    _ resolvers: HostResolvers?
  ) throws(SystemError) {
    // With the power of before: what is mounted by now, the command cannot take apart.
    let covers = naming.map { NameFiles(host).covers(of: $0, resolvers) } ?? []
    view.configure(with: covers, in: files, warn: host.reporter.warn)
    try MountView.reenterDirectory(warn: host.reporter.warn)
    if view.isConfined {
      try owner?.enter(warn: host.reporter.warn)
      try MountView.seal()
    }
    if let naming { try UTSNamespace.make(hostname: naming.hostname.text) }
  }

  /// Makes a sandbox around the namespace of a child; where that fails, child and sandbox are gone.
  private func makeSandbox(
    _ spec: SandboxSpec, around child: borrowing ChildProcess, _ signals: borrowing BlockedSignals
  ) throws(SandboxError) -> LiveSandbox {
    var sandbox: LiveSandbox
    do throws(SandboxError) {
      Removal(host).sweep()
      sandbox = try .begin(spec, on: host)
    } catch {
      child.end()
      throw error
    }
    do throws(SandboxError) {
      try sandbox.build(child: child, signals: signals, host: host)
      if !spec.isPrivileged { try giveIdentities(to: child) }
    } catch {
      child.end()
      sandbox.remove(from: host)
      throw error
    }
    return sandbox
  }

  /// Whether there can be a /proc that shows a PID namespace of its own. Without, ids would be those of other processes,
  /// for all who look a process up there.
  ///
  /// In a user namespace none can be mounted where parts of the /proc that is there are hidden or read-only for good
  /// (mount_too_revealing in fs/namespace.c), as they are in another sandbox or a container.
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

  /// A child in a network namespace of its own. It reaches its checkpoint when the namespace is there, and where that has
  /// an owner of its own, another one when it has moved into the owner.
  private func sandboxChild(
    _ spec: SandboxSpec, _ command: Command?, _ signals: borrowing BlockedSignals
  ) throws(SystemError) -> ChildProcess {
    try ChildProcess(signals: signals, command: command, isInit: spec.hasOwnProcesses) {
      (parent) throws(SystemError) in
      let resolvers = command == nil ? nil : NameFiles(host).hostResolvers(spec.resolver, spec.networks.map(\.egress))
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
          name: spec.name, without: host.names, hiding: host.state.root, isConfined: !spec.isPrivileged,
          hasOwnProcesses: spec.hasOwnProcesses)
        let files = try view.establish(warn: host.reporter.warn)
        // Until the sandbox has its place on the bridge.
        let told = parent.awaitPermission()
        func value(_ name: String) -> String? { told.first { $0.name == name }?.value }
        let naming = Naming(
          name: spec.name, hostname: spec.hostname, resolver: spec.resolver,
          bridges: (value("bridges") ?? "").split(separator: " ").compactMap { try? InterfaceName(String($0)) },
          hostAddress: value("host-address").flatMap { IPAddress($0) })
        try complete(view, files, owner, naming, resolvers)
      }
      if !spec.isPrivileged { parent.reachCheckpoint() }
    }
  }

  /// Makes the ids inside a child's user namespace those of this process's.
  private func giveIdentities(to child: borrowing ChildProcess) throws(SandboxError) {
    // Read while the child is on its way.
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
    try requireResolverFile(spec.resolver)
  }

  /// What a resolv.conf of the sandbox's own needs: to be mounted, it has to stand over something.
  private func requireResolverFile(_ spec: ResolverSpec) throws(SandboxError) {
    let path = "/etc/resolv.conf"
    guard spec.servers?.isEmpty == false || !spec.search.isEmpty, access(path, F_OK) != 0, linkTarget(path) == nil
    else { return }
    throw .refused("--dns: this host has no \(path) to mount the sandbox's own on: create one, it may be empty")
  }
}
