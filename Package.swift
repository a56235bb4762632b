// swift-tools-version: 6.2
import PackageDescription

/// Where CI sets this, a warning in our own code, not in that of others, is an error.
let isStrict = Context.environment["NSRUN_WARNINGS_AS_ERRORS"] == "1"

/// Spans that are stored in, and returned from, non-escapable readers need lifetime annotations.
let settings: [SwiftSetting] =
  [.enableExperimentalFeature("Lifetimes")] + (isStrict ? [.treatAllWarnings(as: .error)] : [])
let cSettings: [CSetting] = [.enableWarning("all")] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

/// `make fuzz` sets this: the tests of the codecs on any bytes become a library that calls for libFuzzer's main.
let isFuzzed = Context.environment["NSRUN_FUZZ"] == "1"
let fuzzed: [Target.Dependency] = [
  "Network", "Conntrack", "NFTables", "RouteNetlink", "Netlink", "NetTypes", "Namespaces", "LinuxSystem",
]

let package = Package(
  name: "nsrun",
  products: [
    .executable(name: "nsrun", targets: ["nsrun"]),
    .library(name: "NetTypes", targets: ["NetTypes"]),
    .library(name: "Netlink", targets: ["Netlink"]),
    .library(name: "RouteNetlink", targets: ["RouteNetlink"]),
    .library(name: "NFTables", targets: ["NFTables"]),
    .library(name: "Conntrack", targets: ["Conntrack"]),
  ] + (isFuzzed ? [.library(name: "Fuzz", type: .static, targets: ["FuzzTests"])] : []),
  targets: [
    .target(name: "CLinux", cSettings: cSettings),
    // Only for the program: no library may end the process that it is loaded into.
    .target(name: "CStart", dependencies: ["CLinux"], exclude: ["launch.order"], cSettings: cSettings),
    .systemLibrary(name: "CLibcap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
    .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: settings),
    .target(name: "NetTypes", dependencies: ["LinuxSystem"], swiftSettings: settings),
    .target(name: "Netlink", dependencies: ["NetTypes", "LinuxSystem", "CLinux"], swiftSettings: settings),
    .target(name: "RouteNetlink", dependencies: ["Netlink", "NetTypes", "LinuxSystem"], swiftSettings: settings),
    .target(name: "NFTables", dependencies: ["Netlink", "NetTypes", "LinuxSystem"], swiftSettings: settings),
    .target(name: "Conntrack", dependencies: ["Netlink", "NetTypes", "LinuxSystem"], swiftSettings: settings),
    .target(name: "Namespaces", dependencies: ["LinuxSystem", "CLinux"], swiftSettings: settings),
    .target(name: "Launch", dependencies: ["LinuxSystem", "CLinux", "CLibcap"], swiftSettings: settings),
    .target(
      name: "Network",
      dependencies: [
        "RouteNetlink", "NFTables", "Conntrack", "Namespaces", "Netlink", "NetTypes", "LinuxSystem", "CLinux",
      ],
      swiftSettings: settings),
    .target(
      name: "Sandbox",
      dependencies: [
        "Network", "RouteNetlink", "NFTables", "Namespaces", "Launch", "Netlink", "NetTypes", "LinuxSystem",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "nsrun",
      dependencies: [
        "CStart", "Sandbox", "Network", "RouteNetlink", "NetTypes", "Namespaces", "Launch", "LinuxSystem",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "CommandLineTests", dependencies: ["nsrun", "Sandbox", "Network", "NetTypes"], swiftSettings: settings),
    .testTarget(
      name: "NetworkTests",
      dependencies: [
        "TestHost", "TestNetlink", "Network", "RouteNetlink", "Namespaces", "NFTables", "Netlink", "NetTypes",
        "LinuxSystem",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "SandboxTests",
      dependencies: ["TestNetlink", "Sandbox", "Network", "Launch", "NetTypes", "LinuxSystem"], swiftSettings: settings),
    .target(
      name: "TestNetlink", dependencies: ["Netlink", "NetTypes", "LinuxSystem"], path: "Tests/TestNetlink",
      swiftSettings: settings),
    .testTarget(name: "NetTypesTests", dependencies: ["TestNetlink", "NetTypes"], swiftSettings: settings),
    .testTarget(
      name: "NetlinkTests", dependencies: ["TestNetlink", "Netlink", "LinuxSystem"], swiftSettings: settings),
    .testTarget(
      name: "ConntrackTests", dependencies: ["TestNetlink", "Conntrack", "Netlink", "LinuxSystem"],
      swiftSettings: settings),
    .testTarget(
      name: "NFTablesTests", dependencies: ["TestNetlink", "NFTables", "Netlink", "NetTypes", "LinuxSystem"],
      swiftSettings: settings),
    .target(
      name: "TestHost", dependencies: ["CLinux", "LinuxSystem"], path: "Tests/TestHost", swiftSettings: settings),
    .testTarget(
      name: "KernelTests",
      dependencies: [
        "TestHost", "TestNetlink", "Conntrack", "NFTables", "RouteNetlink", "Namespaces", "Netlink", "NetTypes",
        "LinuxSystem",
      ],
      swiftSettings: settings),
    .testTarget(name: "CommandTests", dependencies: ["TestHost"], swiftSettings: settings),
    .testTarget(
      name: "NamespacesTests", dependencies: ["TestHost", "Namespaces", "LinuxSystem"], swiftSettings: settings),
    .testTarget(name: "LaunchTests", dependencies: ["Launch", "LinuxSystem"], swiftSettings: settings),
    .testTarget(
      name: "LinuxSystemTests", dependencies: ["TestHost", "LinuxSystem", "CLinux"], swiftSettings: settings),
    .testTarget(
      name: "DocumentationTests",
      dependencies: ["nsrun", "TestHost", "CLinux", "LinuxSystem", "NetTypes", "RouteNetlink", "NFTables"],
      swiftSettings: settings),
    .testTarget(
      name: "RouteNetlinkTests", dependencies: ["TestNetlink", "RouteNetlink", "Netlink", "NetTypes", "LinuxSystem"],
      swiftSettings: settings),
    isFuzzed
      ? .target(
        name: "FuzzTests", dependencies: fuzzed, path: "Tests/FuzzTests", exclude: ["Corpus", "CorpusTests.swift"],
        swiftSettings: settings)
      : .testTarget(
        name: "FuzzTests", dependencies: fuzzed, exclude: ["Corpus", "FuzzTarget.swift"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
