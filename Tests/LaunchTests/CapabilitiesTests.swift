import Glibc
import LinuxSystem
import Testing

@testable import Launch

@Suite("Capability changes")
struct CapabilityChangesTests {
  private func set(_ names: String...) -> CapabilitySet {
    CapabilitySet(Capability.all.filter { names.contains($0.name) })
  }

  @Test(
    "A capability may be named with or without cap_ and in any case, and lists may be repeated",
    arguments: [["net_raw,kill"], ["CAP_NET_RAW", "Kill"], ["cap_kill,NET_RAW", "net_raw"]])
  func names(lists: [String]) throws {
    #expect(try CapabilityChanges(dropping: lists, adding: []).dropped == set("cap_net_raw", "cap_kill"))
    #expect(try CapabilityChanges(dropping: [], adding: lists).added == set("cap_net_raw", "cap_kill"))
  }

  @Test("Empty lists change nothing")
  func none() throws { #expect(try CapabilityChanges(dropping: [], adding: []) == CapabilityChanges()) }

  @Test("The word all means all capabilities that the other list does not name")
  func all() throws {
    let raw = set("cap_net_raw")
    let dropping = try CapabilityChanges(dropping: ["ALL"], adding: ["net_raw"])
    #expect(dropping.added == raw && dropping.dropped == CapabilitySet.all.subtracting(raw))
    let adding = try CapabilityChanges(dropping: ["net_raw"], adding: ["chown,all"])
    #expect(adding.dropped == raw && adding.added == CapabilitySet.all.subtracting(raw))
    #expect(try CapabilityChanges(dropping: ["all"], adding: []).dropped == .all)
  }

  @Test(
    "A contradiction, or a text that is not a name, is refused",
    arguments: [
      (["all"], ["all"], "exclude each other"), (["kill"], ["CAP_KILL"], "cap_kill is in both"),
      (["net_raw,"], [], "--cap-drop '' is no capability"), ([""], [], "--cap-drop '' is no capability"),
      ([], ["net_admn"], "--cap-add 'net_admn' is no capability: near ones are cap_net_admin"),
      ([], ["CAP_SYSADMIN"], "near ones are cap_sys_admin"), (["time"], [], "near ones are cap_sys_time"),
      (["cap_"], [], "capabilities(7) lists them"), (["13"], [], "capabilities(7) lists them"),
      (["é, ı"], [], "capabilities(7) lists them"),
    ])
  func refused(dropping: [String], adding: [String], why: String) {
    do throws(CapabilityChanges.Invalid) {
      _ = try CapabilityChanges(dropping: dropping, adding: adding)
      Issue.record("taken")
    } catch {
      #expect(error.description.contains(why), "\(error)")
    }
  }

  @Test("Near names contain the text, or next differ by one letter in three, and are five at most")
  func near() {
    let names = ["net_admin", "net_raw", "sys_admin", "sys_rawio", "kill", "bpf"]
    #expect(NearNames.of("raw", in: names) == ["net_raw", "sys_rawio"])
    #expect(NearNames.of("admin", in: names) == ["net_admin", "sys_admin"])
    #expect(NearNames.of("kil", in: names) == ["kill"])
    #expect(NearNames.of("kll", in: names) == ["kill"])
    #expect(NearNames.of("klil", in: names) == ["kill"])
    #expect(NearNames.of("sys_amdni", in: names) == ["sys_admin"])
    #expect(NearNames.of("kiss", in: names) == [])
    #expect(NearNames.of("bp", in: names) == [])
    #expect(NearNames.of("quite_another_thing", in: names) == [])
    #expect(NearNames.of(String(repeating: "a", count: 1_000_000), in: names) == [])
  }
}

@Suite("Capability sets")
struct CapabilitySetTests {
  @Test("A capability set is described by all, none, its names, or the missing names if these are fewer")
  func description() throws {
    let raw = CapabilitySet([.netRaw])
    #expect("\(CapabilitySet.all)" == "all")
    #expect("\(CapabilitySet())" == "none")
    #expect("\(raw)" == "cap_net_raw")
    #expect("\(CapabilitySet([.sysAdmin, .netRaw]))" == "cap_net_raw,cap_sys_admin")
    #expect("\(CapabilitySet.all.subtracting(raw))" == "all but cap_net_raw")
    // The set includes capabilities that this kernel lacks.
    #expect("\(CapabilitySet(rawValue: .max))" == "all")
  }

  @Test("The bits of a capability set are the kernel's")
  func bits() {
    #expect(CapabilitySet([.netRaw]).rawValue == 1 << 13)
    #expect(CapabilitySet([.netAdmin, .sysAdmin]).rawValue == 1 << 12 | 1 << 21)
    #expect(CapabilitySet.all.rawValue.nonzeroBitCount >= 38)
    #expect(CapabilitySet(rawValue: 1 << 12 | 1 << 21).members == [.netAdmin, .sysAdmin])
  }
}

@Suite("Credentials of a process in /proc")
struct ProcessCredentialsTests {
  @Test("The status of a process contains its effective user and capabilities")
  func status() {
    let status =
      "Name:\tUid: 7\nUid:\t0\t1000\t0\t0\nGid:\t5\t5\t5\t5\nCapPrm:\t0000000000000001\nCapEff:\t0000000000002400\n"
    let credentials = ProcessCredentials(status: status)
    #expect(credentials?.user == 1000)
    #expect(credentials?.capabilities.rawValue == 0x2400)
  }

  @Test("An invalid status text gives nil", arguments: ["", "Uid:\t0\t0\t0\t0\n", "Uid:\nCapEff:\n", "CapEff:\t0\n"])
  func garbage(status: String) { #expect(ProcessCredentials(status: status) == nil) }

  @Test("This process has credentials, and a process that does not exist has none")
  func here() throws {
    let own = try #require(ProcessCredentials(of: getpid()))
    #expect(own.user == geteuid())
    #expect(own.capabilities.contains(CapabilitySet([.netRaw])) == Capability.netRaw.isEffective)
    #expect(ProcessCredentials(of: Int32.max) == nil)
  }
}
