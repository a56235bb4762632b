import CLinux
import Glibc
import LinuxSystem

/// Something that stands over a file or a directory of the host's in a view.
public struct ViewCover: Equatable, Sendable {
  /// What is seen in its place.
  public enum Content: Equatable, Sendable {
    /// A file that is the view's own.
    case bytes([UInt8])
    /// What another file says, also later, when its owner changes it in place; what is written is the view's own.
    case file(String)
    /// A directory that is empty, and stays so.
    case directory
    /// One that nobody but root can open, and so lock.
    case closedDirectory
  }

  /// The path of what is covered, as the command sees it.
  public var path: String
  /// What is seen there instead.
  public var content: Content

  /// - Parameter path: absolute.
  public init(path: String, _ content: Content) {
    self.path = path
    self.content = content
  }
}

/// The files that are a view's own: a file system in memory, which goes with the last process that has the view. It
/// stands on a directory and is covered there by one of its own directories, so that nothing else of it has a path.
public struct ViewFiles: ~Copyable {
  private let root: OwnedDescriptor

  /// Mounts it in the calling thread's mount namespace.
  /// - Parameter place: the directory that is one of its own, and empty, from then on.
  static func mounted(over place: String) throws(SystemError) -> ViewFiles {
    try mount("tmpfs", on: place, type: "tmpfs", [.noSetUID, .noDevices, .noExecution], options: "mode=755,size=64m")
    let files = ViewFiles(root: try .open(place, clinux_O_PATH | O_DIRECTORY))
    try mount(try files.makeDirectory("place", mode: 0o755), on: place, .bind)
    return files
  }

  private init(root: consuming OwnedDescriptor) { self.root = root }

  /// A path that leads past what covers it.
  private func path(of name: String) -> String { "/proc/thread-self/fd/\(root.raw)/\(name)" }

  private func makeDirectory(_ name: String, mode: UInt32) throws(SystemError) -> String {
    let path = path(of: name)
    try LinuxSystem.makeDirectory(path, mode: mode)
    return path
  }

  /// Puts something over what has a path; over a link itself.
  /// - Parameter name: one that is used for nothing else here.
  func put(_ cover: ViewCover, as name: String) throws(SystemError) {
    switch cover.content {
    case .directory: try attach(try makeDirectory(name, mode: 0o755), over: cover.path, isReadOnly: true)
    case .closedDirectory: try attach(try makeDirectory(name, mode: 0o700), over: cover.path, isReadOnly: true)
    case .bytes(let bytes):
      let copy = path(of: name)
      let file = try OwnedDescriptor.open(copy, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
      try file.setMode(0o644, cover.path)
      try file.write(bytes, cover.path)
      try attach(copy, over: cover.path)
    case .file(let other):
      if let merged = try? overlay(other, as: name) {
        try attach(merged, over: cover.path)
      } else {
        // Without overlays it cannot be written at all.
        try attach(other, over: cover.path, isReadOnly: true)
      }
    }
  }

  /// Shows a file as it is now and later, until it is written by the path that this gives: then there is a copy, which
  /// alone is changed.
  private func overlay(_ file: String, as name: String) throws(SystemError) -> String {
    // By bytes: to join a part of a string to another one, the runtime looks for what a part of one conforms to, which
    // takes it 0.3 ms.
    let bytes = Array(file.utf8)
    let separator = bytes.lastIndex(of: UInt8(ascii: "/"))!
    let directory = String(decoding: bytes[..<separator], as: UTF8.self)
    let last = String(decoding: bytes[separator...], as: UTF8.self)
    let (upper, work) = (
      try makeDirectory("\(name).upper", mode: 0o755), try makeDirectory("\(name).work", mode: 0o755)
    )
    let merged = try makeDirectory("\(name).merged", mode: 0o755)
    try mount(
      "overlay", on: merged, type: "overlay", [.noSetUID, .noDevices, .noExecution],
      options: "lowerdir=\(directory),upperdir=\(upper),workdir=\(work)")
    return merged + last
  }

  private func attach(_ source: String, over path: String, isReadOnly: Bool = false) throws(SystemError) {
    guard let tree = try MountTree(copying: source) else { throw SystemError("open", source, errno: ENOENT) }
    if isReadOnly { try tree.protect() }
    // On a link itself: what it leads to is replaced by others again and again, such as systemd-resolved, and with that
    // goes what is mounted on it.
    try tree.move(to: path, followsLink: false)
  }
}
