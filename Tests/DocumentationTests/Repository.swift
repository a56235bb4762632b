import FoundationEssentials
import Glibc

/// The standard output of a shell command, and its exit status.
func output(of command: String) -> (text: String, status: Int32) {
  guard let pipe = popen(command, "r") else { return ("", -1) }
  var bytes: [UInt8] = []
  while case let byte = fgetc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
  let status = pclose(pipe)
  return (String(decoding: bytes, as: UTF8.self), status)
}

/// The path of a file of the repository, from its path below the top directory.
func repositoryPath(_ path: String) -> String {
  let top = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  return "\(top)/\(path)"
}

/// The content of a file of the repository.
func repositoryFile(_ path: String) throws -> String {
  try String(contentsOfFile: repositoryPath(path), encoding: .utf8)
}
