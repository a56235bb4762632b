/// libFuzzer calls this function with one input after the other.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do throws(Broken) { try exercise(Array(UnsafeBufferPointer(start: bytes, count: count))) } catch {
    fatalError(error.promise)
  }
  return 0
}
