import Glibc

/// The binary under test.
public enum Binary {
  /// The path of the release build of nsrun: NSRUN_BINARY, or .build/release/nsrun in the package of these tests.
  public static let nsrun: Result<String, HostError> = {
    if let path = environment("NSRUN_BINARY") { return check(path) }
    var directory = #filePath[...]
    while let slash = directory.lastIndex(of: "/") {
      directory = directory[..<slash]
      let path = "\(directory)/.build/release/nsrun"
      if access(path, X_OK) == 0 { return check(path) }
    }
    return .failure(HostError(description: "there is no .build/release/nsrun: make builds it; or set NSRUN_BINARY"))
  }()

  private static func check(_ path: String) -> Result<String, HostError> {
    guard let resolved = realpath(path, nil) else {
      return .failure(HostError(description: "\(path): \(String(cString: strerror(errno)))"))
    }
    defer { free(resolved) }
    return .success(String(cString: resolved))
  }
}

/// Whether tests can have a throwaway host here.
public enum Privilege {
  /// NSRUN_REQUIRE_KERNEL=1 makes tests fail that would otherwise be skipped.
  public static let isRequired = environment("NSRUN_REQUIRE_KERNEL") == "1"
  /// Whether this is root that may make namespaces and mount.
  public static let canMakeHosts: Bool = {
    guard geteuid() == 0 else { return false }
    let trial = try? HostCommand(
      ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "mount", "-t", "tmpfs", "tmpfs", "/run"],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
    return (try? trial?.finish().status) == 0
  }()
  /// Whether to run the tests on a throwaway host.
  public static let isGranted = isRequired || canMakeHosts
  public static let reason = "needs root that may make namespaces and mount; NSRUN_REQUIRE_KERNEL=1 makes it a failure"
}

/// The number of repetitions of the main job: NSRUN_ROUNDS, or 20.
public let rounds = environment("NSRUN_ROUNDS").flatMap { Int($0) } ?? 20

/// The duration of a storm test in seconds: NSRUN_STORM, or 5.
public let stormSeconds = environment("NSRUN_STORM").flatMap { Int($0) } ?? 5

func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
