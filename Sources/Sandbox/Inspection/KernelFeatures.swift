import Glibc
import Launch
import LinuxSystem
import NFTables
import Namespaces
import NetTypes
import Netlink
import Network
import RouteNetlink

/// Tries each kernel feature that a launch needs, one by one, in a network namespace of its own.
struct KernelFeatures {
  private let host: Host

  init(_ host: Host) { self.host = host }

  /// A kernel feature to try.
  private enum Feature: CaseIterable {
    case veth, bridge, nftables, masquerade, portGuard

    var name: String {
      switch self {
      case .veth: "veth pairs"
      case .bridge: "bridges"
      case .nftables: "nftables"
      case .masquerade: "masquerade"
      case .portGuard: "port guard"
      }
    }

    /// The message if the feature works.
    var proof: String {
      switch self {
      case .veth: "one can be made"
      case .bridge: "one can be made"
      case .nftables: "a table can be made"
      case .masquerade: "a rule can be made"
      case .portGuard: "a filter can be attached"
      }
    }

    /// The kernel configuration options that the feature needs.
    var options: String {
      switch self {
      case .veth: "CONFIG_VETH"
      case .bridge: "CONFIG_BRIDGE"
      case .nftables: "CONFIG_NF_TABLES and CONFIG_NF_TABLES_INET"
      case .masquerade: "CONFIG_NFT_NAT, CONFIG_NFT_MASQ and CONFIG_NFT_CT"
      case .portGuard: "CONFIG_NET_SCH_INGRESS and CONFIG_NET_CLS_BPF"
      }
    }

    /// The status if the feature does not work.
    var failure: Finding.Status { self == .portGuard ? .warning : .problem }

    func attempt() throws(SandboxError) {
      switch self {
      case .veth:
        try create(.veth(try! InterfaceName("veth0"), peer: .init(name: try! InterfaceName("veth1"))))
      case .bridge: try create(.bridge(try! InterfaceName("bridge0")))
      case .portGuard: try PortGuard.attempt()
      case .nftables, .masquerade:
        let table = Table(.inet, "nsrun-doctor")
        let chain = Chain(
          "postrouting", in: table, base: BaseChain(type: .nat, hook: .postrouting, priority: .sourceNATPriority))
        var transaction = Transaction()
        transaction.add(table)
        if self == .masquerade {
          transaction.add(chain)
          transaction.add(Rule(in: chain, [.equals(.conntrackDirection, .bytes([0])), .masquerade()]))
        }
        var nft = try system { () throws(SystemError) in try NFTConnection() }
        do throws(NetlinkError) { try nft.commit(transaction) } catch { throw .netlink(error) }
      }
    }

    private func create(_ link: LinkSpecification) throws(SandboxError) {
      var requests = RouteRequests()
      requests.create(link)
      try requests.performHere()
    }
  }

  func findings() -> [Finding] {
    do throws(SandboxError) {
      let scratch = try system { () throws(SystemError) in try NetworkNamespace.scratch(home: host.home) }
      return [Finding(check: "namespaces", status: .ok, message: "network namespaces can be made")] + confinement()
        + Feature.allCases.map { finding(on: $0, in: scratch) }
    } catch {
      return [
        Finding(
          check: "namespaces", status: .problem, message: "\(error)",
          remedy: "a kernel with CONFIG_NET_NS, and user.max_net_namespaces above the number there is")
      ]
    }
  }

  /// Confines a child as a launch confines a command, and reports the warnings that a launch would give.
  private func confinement() -> [Finding] {
    let check = "user namespaces"
    do throws(SandboxError) {
      try Privileges.requireUserNamespaces()
      let warnings = try system { () throws(SystemError) in try Pipe() }
      let end = warnings.writeEnd.raw
      let signals = BlockedSignals()
      // In a sandbox, the kernel allows a new /proc only for a PID namespace of its own.
      let isNested = NamespaceSearch(host).isInSandbox
      let child = try system { () throws(SystemError) in
        try ChildProcess(signals: signals, command: nil, isInit: isNested) { (parent) throws(SystemError) in
          let warn = { (text: String) in _ = write(end, "\(text)\n", text.utf8.count + 1) }
          let owner = try NetworkNamespace.unshareOwned(warn: warn)
          SysctlDefaults.apply(warn: warn)
          var view = MountView(isConfined: true, hasOwnProcesses: isNested)
          try view.establish(warn: warn)
          try owner.enter(warn: warn)
          try MountView.seal()
          parent.reachCheckpoint()
        }
      }
      defer { child.end() }
      do throws(LaunchError) { try child.checkpoint() } catch { throw .namespaceFailure(error) }
      child.end()
      let reader = warnings.keepReadEnd()
      let lines = try system { () throws(SystemError) in try reader.readAll("the warnings of a child") }
      return [Finding(check: check, status: .ok, message: "one can be made, and everything in it confined")]
        .filter { _ in lines.isEmpty }
        + lines.split(separator: UInt8(ascii: "\n")).map {
          Finding(
            check: check, status: .warning, message: String(decoding: $0, as: UTF8.self),
            remedy: remedy(inContainer: "docker run --security-opt systempaths=unconfined"))
        }
    } catch {
      // The error text includes the remedy.
      return [Finding(check: check, status: .problem, message: "\(error)")]
    }
  }

  /// The remedy for a fault that cannot be corrected from here.
  func remedy(inContainer text: String) -> String {
    NamespaceSearch(host).isInSandbox ? "run nsrun doctor outside of this sandbox" : "in a container: \(text)"
  }

  private func finding(on feature: Feature, in scratch: borrowing NetworkNamespace) -> Finding {
    do throws(SandboxError) {
      let outcome = try system { () throws(SystemError) in
        try scratch.inside(home: host.home) { () throws(SandboxError) in try feature.attempt() }
      }
      try outcome.get()
      return Finding(check: feature.name, status: .ok, message: feature.proof)
    } catch {
      return Finding(
        check: feature.name, status: feature.failure, message: "\(error)",
        remedy: "a kernel with \(feature.options), or its module loaded")
    }
  }
}
