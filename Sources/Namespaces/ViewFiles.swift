import CLinux
import Glibc
import LinuxSystem

/// A file or directory that covers one of the host's in a view.
public struct ViewCover: Equatable, Sendable {
  /// The contents of a cover.
  public enum Content: Equatable, Sendable {
    /// A file of the view's own.
    case bytes([UInt8])
    /// The contents of another file, including later changes that its owner makes in place. Writes change only the
    /// view.
    case file(String)
    /// A directory that is empty and stays empty.
    case directory
    /// An empty directory that only root can open, and so lock.
    case closedDirectory
  }

  /// The covered path, as the command sees it.
  public var path: String
  /// The contents that the view shows there.
  public var content: Content

  /// - Parameter path: absolute.
  public init(path: String, _ content: Content) {
    self.path = path
    self.content = content
  }
}

/// The files of a view's own. They are in a file system in memory, which disappears with the last process in the view.
/// It is mounted on a directory, and one of its own directories covers it there, so that its other files have no path.
public struct ViewFiles: ~Copyable {
  private let root: OwnedDescriptor

  /// Mounts the file system in the calling thread's mount namespace.
  /// - Parameter place: the directory to mount on. From then on it is an empty directory of the file system.
  static func mounted(over place: String) throws(SystemError) -> ViewFiles {
    try mount("tmpfs", on: place, type: "tmpfs", [.noSetUID, .noDevices, .noExecution], options: "mode=755,size=64m")
    let files = ViewFiles(root: try .open(place, clinux_O_PATH | O_DIRECTORY))
    try mount(try files.makeDirectory("place", mode: 0o755), on: place, .bind)
    return files
  }

  private init(root: consuming OwnedDescriptor) { self.root = root }

  /// A path that leads past the covering directory.
  private func path(of name: String) -> String { "/proc/thread-self/fd/\(root.raw)/\(name)" }

  private func makeDirectory(_ name: String, mode: UInt32) throws(SystemError) -> String {
    let path = path(of: name)
    try LinuxSystem.makeDirectory(path, mode: mode)
    return path
  }

  /// Puts a cover over its path; over a symbolic link itself.
  /// - Parameter name: a name that is used for nothing else in this file system.
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
        // Without an overlay the file must be read-only.
        try attach(other, over: cover.path, isReadOnly: true)
      }
    }
  }

  /// Makes a path that shows a file and its later changes, until it is written through that path. A write makes a copy
  /// and changes only that.
  private func overlay(_ file: String, as name: String) throws(SystemError) -> String {
    // Works on bytes for speed: to join a substring to a string, the runtime looks up protocol conformances, which
    // takes 0.3 ms.
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
    // On the symbolic link itself: other programs, such as systemd-resolved, repeatedly replace its target, and a mount
    // on the target would disappear with it.
    try tree.move(to: path, followsLink: false)
  }
}
