import Testing

@testable import Namespaces

@Suite("Outstanding data")
struct OutstandingDataTests {
  private static let head =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

  @Test("Outstanding data is counted in both tables, whatever the state, and whether or not the other side answers")
  func counted() {
    let tables = [
      Self.head + """
           0: 0100000A:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 553 1 0 100 0 0 10 0
           1: 0200000A:B50C 08080808:0050 04 0001D4C1:00000000 01:00000014 00000002     0        0 0 1 0 20 4 30 10 -1
           2: 0200000A:B50E 08080808:0050 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0
           3: 0200000A:B510 08080808:0050 01 00000003:00000000 01:00000014 00000000     0        0 771 1 0 20 4 30 10 -1
           4: 0200000A:B512 08080808:0050 01 00000000:00000007 00:00000000 00000000     0        0 772 1 0 20 4 30 10 -1
           5: 0200000A:B514 08080808:0050 04 00000001:00000000 01:00000014 00000003     0        0 0 1 0 20 4 30 10 -1
           6: 0200000A:B516 08080808:0050 04 00000010:00000000 04:00000014 00000000     0        5 0 1 0 20 4 30 10 -1
           7: 0200000A:B518 08080808:0050 04 00000020:00000000 01:00000014 00000004     0        0 0 1 0 20 4 30 10 -1

        """,
      Self.head + """
           0: 0000000000000000FFFF00000200000A:B50C 0000000000000000FFFF000008080808:0050 0B 00000002:00000000 \
        01:00000014 00000000     0        0 0 1 0 20 4 30 10 -1

        """,
    ]
    let data = OutstandingData(tables: tables)
    #expect(data.size == 0x1D4C1 + 3 + 1 + 16 + 32 + 2 && data.answering == 4 && data.silent == 2)
    #expect(OutstandingData(tables: [Self.head, ""]) == OutstandingData(tables: []))
  }
}
