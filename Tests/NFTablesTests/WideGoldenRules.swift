extension Wide {
  /// What nft 1.0.6 sends for the rules and the deletions after them, captured from its sendmsg calls; sequence numbers
  /// are 0.
  static let goldenRules = """
    9c 00 00 00  // nlmsg_len 156
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      06 00 02 00 63 00 00 00  // NFTA_RULE_CHAIN "c"
      78 00 04 80  // NFTA_RULE_EXPRESSIONS
        44 00 01 80  // NFTA_LIST_ELEM
          0a 00 01 00 6c 69 6d 69 74 00 00 00  // NFTA_EXPR_NAME "limit"
          34 00 02 80  // NFTA_EXPR_DATA
            0c 00 01 00 00 00 00 00 00 00 00 0a  // NFTA_LIMIT_RATE 10
            0c 00 02 00 00 00 00 00 00 00 00 01  // NFTA_LIMIT_UNIT 1
            08 00 03 00 00 00 00 05  // NFTA_LIMIT_BURST 5
            08 00 04 00 00 00 00 00  // NFTA_LIMIT_TYPE 0
            08 00 05 00 00 00 00 00  // NFTA_LIMIT_FLAGS 0
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    68 01 00 00  // nlmsg_len 360
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"
      44 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 1f 90 00 00  // NFTA_DATA_VALUE 8080
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              08 00 01 00 0a 40 01 05  // NFTA_DATA_VALUE 171966725
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 02  // NFTA_IMMEDIATE_DREG 2
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              06 00 01 00 00 50 00 00  // NFTA_DATA_VALUE 80
        38 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6e 61 74 00  // NFTA_EXPR_NAME "nat"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_NAT_TYPE 1
            08 00 02 00 00 00 00 02  // NFTA_NAT_FAMILY 2
            08 00 03 00 00 00 00 01  // NFTA_NAT_REG_ADDR_MIN 1
            08 00 05 00 00 00 00 02  // NFTA_NAT_REG_PROTO_MIN 2
            08 00 07 00 00 00 00 02  // NFTA_NAT_FLAGS 2

    2c 01 00 00  // nlmsg_len 300
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"
      08 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 10  // NFTA_PAYLOAD_OFFSET 16
            08 00 04 00 00 00 00 04  // NFTA_PAYLOAD_LEN 4
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 01 02 03 04  // NFTA_DATA_VALUE 16909060
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              08 00 01 00 0a 40 01 05  // NFTA_DATA_VALUE 171966725
        28 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6e 61 74 00  // NFTA_EXPR_NAME "nat"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_NAT_TYPE 1
            08 00 02 00 00 00 00 02  // NFTA_NAT_FAMILY 2
            08 00 03 00 00 00 00 01  // NFTA_NAT_REG_ADDR_MIN 1

    ec 00 00 00  // nlmsg_len 236
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"
      c8 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 09  // NFTA_PAYLOAD_DREG 9
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        3c 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            08 00 03 00 00 00 00 01  // NFTA_LOOKUP_DREG 1
            0e 00 01 00 70 75 62 6c 69 73 68 65 64 00 00 00  // NFTA_LOOKUP_SET "published"
            08 00 04 00 00 00 00 07  // NFTA_LOOKUP_SET_ID 7
        30 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6e 61 74 00  // NFTA_EXPR_NAME "nat"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_NAT_TYPE 1
            08 00 02 00 00 00 00 02  // NFTA_NAT_FAMILY 2
            08 00 03 00 00 00 00 01  // NFTA_NAT_REG_ADDR_MIN 1
            08 00 05 00 00 00 00 09  // NFTA_NAT_REG_PROTO_MIN 9

    10 01 00 00  // nlmsg_len 272
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"
      ec 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        3c 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            08 00 03 00 00 00 00 01  // NFTA_LOOKUP_DREG 1
            0f 00 01 00 70 75 62 6c 69 73 68 65 64 36 00 00  // NFTA_LOOKUP_SET "published6"
            08 00 04 00 00 00 00 08  // NFTA_LOOKUP_SET_ID 8
        28 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6e 61 74 00  // NFTA_EXPR_NAME "nat"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_NAT_TYPE 1
            08 00 02 00 00 00 00 0a  // NFTA_NAT_FAMILY 10
            08 00 03 00 00 00 00 01  // NFTA_NAT_REG_ADDR_MIN 1

    74 01 00 00  // nlmsg_len 372
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"
      50 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 1f 90 00 00  // NFTA_DATA_VALUE 8080
        38 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            18 00 02 80  // NFTA_IMMEDIATE_DATA
              14 00 01 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01  // NFTA_DATA_VALUE
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 02  // NFTA_IMMEDIATE_DREG 2
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              06 00 01 00 00 50 00 00  // NFTA_DATA_VALUE 80
        38 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6e 61 74 00  // NFTA_EXPR_NAME "nat"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_NAT_TYPE 1
            08 00 02 00 00 00 00 0a  // NFTA_NAT_FAMILY 10
            08 00 03 00 00 00 00 01  // NFTA_NAT_REG_ADDR_MIN 1
            08 00 05 00 00 00 00 02  // NFTA_NAT_REG_PROTO_MIN 2
            08 00 07 00 00 00 00 02  // NFTA_NAT_FLAGS 2

    7c 01 00 00  // nlmsg_len 380
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"
      58 01 04 80  // NFTA_RULE_EXPRESSIONS
        28 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 66 69 62 00  // NFTA_EXPR_NAME "fib"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 03 00 00 00 00 02  // NFTA_FIB_FLAGS 2
            08 00 02 00 00 00 00 03  // NFTA_FIB_RESULT 3
            08 00 01 00 00 00 00 01  // NFTA_FIB_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 33554432
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 00 51 00 00  // NFTA_DATA_VALUE 81
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              06 00 01 00 00 52 00 00  // NFTA_DATA_VALUE 82
        24 00 01 80  // NFTA_LIST_ELEM
          0a 00 01 00 72 65 64 69 72 00 00 00  // NFTA_EXPR_NAME "redir"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_REDIR_REG_PROTO_MIN 1
            08 00 03 00 00 00 00 02  // NFTA_REDIR_FLAGS 2

    3c 00 00 00  // nlmsg_len 60
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"
      18 00 04 80  // NFTA_RULE_EXPRESSIONS
        14 00 01 80  // NFTA_LIST_ELEM
          0a 00 01 00 72 65 64 69 72 00 00 00  // NFTA_EXPR_NAME "redir"
          04 00 02 80  // NFTA_EXPR_DATA

    74 01 00 00  // nlmsg_len 372
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      09 00 02 00 70 6f 73 74 00 00 00 00  // NFTA_RULE_CHAIN "post"
      4c 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 0c  // NFTA_PAYLOAD_OFFSET 12
            08 00 04 00 00 00 00 04  // NFTA_PAYLOAD_LEN 4
        44 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 62 69 74 77 69 73 65 00  // NFTA_EXPR_NAME "bitwise"
          34 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_BITWISE_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_BITWISE_DREG 1
            08 00 03 00 00 00 00 04  // NFTA_BITWISE_LEN 4
            0c 00 04 80  // NFTA_BITWISE_MASK
              08 00 01 00 ff ff ff 80  // NFTA_DATA_VALUE 4294967168
            0c 00 05 80  // NFTA_BITWISE_XOR
              08 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 0a 40 01 00  // NFTA_DATA_VALUE 171966720
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              08 00 01 00 c0 00 02 02  // NFTA_DATA_VALUE 3221225986
        28 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6e 61 74 00  // NFTA_EXPR_NAME "nat"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_NAT_TYPE 0
            08 00 02 00 00 00 00 02  // NFTA_NAT_FAMILY 2
            08 00 03 00 00 00 00 01  // NFTA_NAT_REG_ADDR_MIN 1

    04 01 00 00  // nlmsg_len 260
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      09 00 02 00 70 6f 73 74 00 00 00 00  // NFTA_RULE_CHAIN "post"
      dc 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 0a 00 00 00  // NFTA_DATA_VALUE 10
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 08  // NFTA_PAYLOAD_OFFSET 8
            08 00 04 00 00 00 00 10  // NFTA_PAYLOAD_LEN 16
        38 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            18 00 03 80  // NFTA_CMP_DATA
              14 00 01 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01  // NFTA_DATA_VALUE
        1c 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 61 73 71 00 00 00 00  // NFTA_EXPR_NAME "masq"
          0c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 10  // NFTA_MASQ_FLAGS 16

    00 01 00 00  // nlmsg_len 256
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      09 00 02 00 70 6f 73 74 00 00 00 00  // NFTA_RULE_CHAIN "post"
      d8 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              06 00 01 00 04 00 00 00  // NFTA_DATA_VALUE 1024
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 02  // NFTA_IMMEDIATE_DREG 2
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              06 00 01 00 ff ff 00 00  // NFTA_DATA_VALUE 65535
        2c 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 61 73 71 00 00 00 00  // NFTA_EXPR_NAME "masq"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 02  // NFTA_MASQ_FLAGS 2
            08 00 02 00 00 00 00 01  // NFTA_MASQ_REG_PROTO_MIN 1
            08 00 03 00 00 00 00 02  // NFTA_MASQ_REG_PROTO_MAX 2

    a0 01 00 00  // nlmsg_len 416
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      09 00 02 00 70 6f 73 74 00 00 00 00  // NFTA_RULE_CHAIN "post"
      78 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 11 00 00 00  // NFTA_DATA_VALUE 17
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 00 35 00 00  // NFTA_DATA_VALUE 53
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              08 00 01 00 c0 00 02 02  // NFTA_DATA_VALUE 3221225986
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 02  // NFTA_IMMEDIATE_DREG 2
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              06 00 01 00 04 00 00 00  // NFTA_DATA_VALUE 1024
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 03  // NFTA_IMMEDIATE_DREG 3
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              06 00 01 00 07 ff 00 00  // NFTA_DATA_VALUE 2047
        40 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6e 61 74 00  // NFTA_EXPR_NAME "nat"
          34 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_NAT_TYPE 0
            08 00 02 00 00 00 00 02  // NFTA_NAT_FAMILY 2
            08 00 03 00 00 00 00 01  // NFTA_NAT_REG_ADDR_MIN 1
            08 00 05 00 00 00 00 02  // NFTA_NAT_REG_PROTO_MIN 2
            08 00 06 00 00 00 00 03  // NFTA_NAT_REG_PROTO_MAX 3
            08 00 07 00 00 00 00 02  // NFTA_NAT_FLAGS 2

    e8 00 00 00  // nlmsg_len 232
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      c4 00 04 80  // NFTA_RULE_EXPRESSIONS
        20 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 63 74 00 00  // NFTA_EXPR_NAME "ct"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 00  // NFTA_CT_KEY 0
            08 00 01 00 00 00 00 01  // NFTA_CT_DREG 1
        44 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 62 69 74 77 69 73 65 00  // NFTA_EXPR_NAME "bitwise"
          34 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_BITWISE_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_BITWISE_DREG 1
            08 00 03 00 00 00 00 04  // NFTA_BITWISE_LEN 4
            0c 00 04 80  // NFTA_BITWISE_MASK
              08 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 16777216
            0c 00 05 80  // NFTA_BITWISE_XOR
              08 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_CMP_OP 1
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 00  // NFTA_VERDICT_CODE 0

    c4 00 00 00  // nlmsg_len 196
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      a0 00 04 80  // NFTA_RULE_EXPRESSIONS
        20 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 63 74 00 00  // NFTA_EXPR_NAME "ct"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 03  // NFTA_CT_KEY 3
            08 00 01 00 00 00 00 01  // NFTA_CT_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 16777216
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              08 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 33554432
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 03  // NFTA_META_KEY 3
            08 00 03 00 00 00 00 01  // NFTA_META_SREG 1

    74 00 00 00  // nlmsg_len 116
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      50 00 04 80  // NFTA_RULE_EXPRESSIONS
        2c 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          18 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_IMMEDIATE_DREG 1
            0c 00 02 80  // NFTA_IMMEDIATE_DATA
              08 00 01 00 03 00 00 00  // NFTA_DATA_VALUE 50331648
        20 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 63 74 00 00  // NFTA_EXPR_NAME "ct"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 03  // NFTA_CT_KEY 3
            08 00 04 00 00 00 00 01  // NFTA_CT_SREG 1

    6c 00 00 00  // nlmsg_len 108
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      48 00 04 80  // NFTA_RULE_EXPRESSIONS
        20 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 63 74 00 00  // NFTA_EXPR_NAME "ct"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 03  // NFTA_CT_KEY 3
            08 00 01 00 00 00 00 01  // NFTA_CT_DREG 1
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 03  // NFTA_META_KEY 3
            08 00 03 00 00 00 00 01  // NFTA_META_SREG 1

    e8 00 00 00  // nlmsg_len 232
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      c4 00 04 80  // NFTA_RULE_EXPRESSIONS
        20 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 63 74 00 00  // NFTA_EXPR_NAME "ct"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 02  // NFTA_CT_KEY 2
            08 00 01 00 00 00 00 01  // NFTA_CT_DREG 1
        44 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 62 69 74 77 69 73 65 00  // NFTA_EXPR_NAME "bitwise"
          34 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_BITWISE_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_BITWISE_DREG 1
            08 00 03 00 00 00 00 04  // NFTA_BITWISE_LEN 4
            0c 00 04 80  // NFTA_BITWISE_MASK
              08 00 01 00 20 00 00 00  // NFTA_DATA_VALUE 536870912
            0c 00 05 80  // NFTA_BITWISE_XOR
              08 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_CMP_OP 1
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    9c 00 00 00  // nlmsg_len 156
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      78 00 04 80  // NFTA_RULE_EXPRESSIONS
        44 00 01 80  // NFTA_LIST_ELEM
          0a 00 01 00 6c 69 6d 69 74 00 00 00  // NFTA_EXPR_NAME "limit"
          34 00 02 80  // NFTA_EXPR_DATA
            0c 00 01 00 00 00 00 00 00 00 00 0a  // NFTA_LIMIT_RATE 10
            0c 00 02 00 00 00 00 00 00 00 00 3c  // NFTA_LIMIT_UNIT 60
            08 00 03 00 00 00 00 03  // NFTA_LIMIT_BURST 3
            08 00 04 00 00 00 00 00  // NFTA_LIMIT_TYPE 0
            08 00 05 00 00 00 00 01  // NFTA_LIMIT_FLAGS 1
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 00  // NFTA_VERDICT_CODE 0

    94 00 00 00  // nlmsg_len 148
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      70 00 04 80  // NFTA_RULE_EXPRESSIONS
        3c 00 01 80  // NFTA_LIST_ELEM
          0a 00 01 00 6c 69 6d 69 74 00 00 00  // NFTA_EXPR_NAME "limit"
          2c 00 02 80  // NFTA_EXPR_DATA
            0c 00 01 00 00 00 00 00 00 10 00 00  // NFTA_LIMIT_RATE 1048576
            0c 00 02 00 00 00 00 00 00 00 00 01  // NFTA_LIMIT_UNIT 1
            08 00 04 00 00 00 00 01  // NFTA_LIMIT_TYPE 1
            08 00 05 00 00 00 00 00  // NFTA_LIMIT_FLAGS 0
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    0c 01 00 00  // nlmsg_len 268
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      e8 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        30 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            0a 00 01 00 70 6f 72 74 73 00 00 00  // NFTA_LOOKUP_SET "ports"
            08 00 04 00 00 00 00 01  // NFTA_LOOKUP_SET_ID 1
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    0c 01 00 00  // nlmsg_len 268
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      e8 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 0c  // NFTA_PAYLOAD_OFFSET 12
            08 00 04 00 00 00 00 04  // NFTA_PAYLOAD_LEN 4
        30 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            09 00 01 00 6e 65 74 73 00 00 00 00  // NFTA_LOOKUP_SET "nets"
            08 00 04 00 00 00 00 02  // NFTA_LOOKUP_SET_ID 2
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    90 01 00 00  // nlmsg_len 400
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      6c 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 0c  // NFTA_PAYLOAD_OFFSET 12
            08 00 04 00 00 00 00 04  // NFTA_PAYLOAD_LEN 4
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 09  // NFTA_PAYLOAD_DREG 9
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        30 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            0a 00 01 00 70 61 69 72 73 00 00 00  // NFTA_LOOKUP_SET "pairs"
            08 00 04 00 00 00 00 03  // NFTA_LOOKUP_SET_ID 3
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    e4 00 00 00  // nlmsg_len 228
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      c0 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 09  // NFTA_PAYLOAD_DREG 9
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        34 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            0d 00 01 00 73 65 72 76 69 63 65 73 00 00 00 00  // NFTA_LOOKUP_SET "services"
            08 00 04 00 00 00 00 05  // NFTA_LOOKUP_SET_ID 5
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    14 01 00 00  // nlmsg_len 276
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      f0 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 0a 00 00 00  // NFTA_DATA_VALUE 10
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 08  // NFTA_PAYLOAD_OFFSET 8
            08 00 04 00 00 00 00 10  // NFTA_PAYLOAD_LEN 16
        30 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            0a 00 01 00 6e 65 74 73 36 00 00 00  // NFTA_LOOKUP_SET "nets6"
            08 00 04 00 00 00 00 04  // NFTA_LOOKUP_SET_ID 4
        14 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 63 6f 75 6e 74 65 72 00  // NFTA_EXPR_NAME "counter"
          04 00 02 80  // NFTA_EXPR_DATA
        24 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 72 65 6a 65 63 74 00 00  // NFTA_EXPR_NAME "reject"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_REJECT_TYPE 0
            05 00 02 00 04 00 00 00  // NFTA_REJECT_ICMP_CODE 4

    84 00 00 00  // nlmsg_len 132
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      60 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 06  // NFTA_META_KEY 6
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        38 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          28 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            08 00 03 00 00 00 00 00  // NFTA_LOOKUP_DREG 0
            0a 00 01 00 6a 75 6d 70 73 00 00 00  // NFTA_LOOKUP_SET "jumps"
            08 00 04 00 00 00 00 0a  // NFTA_LOOKUP_SET_ID 10

    fc 00 00 00  // nlmsg_len 252
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      d8 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 00 17 00 00  // NFTA_DATA_VALUE 23
        24 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 72 65 6a 65 63 74 00 00  // NFTA_EXPR_NAME "reject"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_REJECT_TYPE 1
            05 00 02 00 00 00 00 00  // NFTA_REJECT_ICMP_CODE 0

    4c 00 00 00  // nlmsg_len 76
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      28 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 72 65 6a 65 63 74 00 00  // NFTA_EXPR_NAME "reject"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 02  // NFTA_REJECT_TYPE 2
            05 00 02 00 03 00 00 00  // NFTA_REJECT_ICMP_CODE 3

    9c 00 00 00  // nlmsg_len 156
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      78 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
        24 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 72 65 6a 65 63 74 00 00  // NFTA_EXPR_NAME "reject"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_REJECT_TYPE 0
            05 00 02 00 01 00 00 00  // NFTA_REJECT_ICMP_CODE 1

    ac 00 00 00  // nlmsg_len 172
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      88 00 04 80  // NFTA_RULE_EXPRESSIONS
        28 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 66 69 62 00  // NFTA_EXPR_NAME "fib"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 03 00 00 00 00 02  // NFTA_FIB_FLAGS 2
            08 00 02 00 00 00 00 03  // NFTA_FIB_RESULT 3
            08 00 01 00 00 00 00 01  // NFTA_FIB_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 33554432
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    ac 00 00 00  // nlmsg_len 172
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      88 00 04 80  // NFTA_RULE_EXPRESSIONS
        28 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 66 69 62 00  // NFTA_EXPR_NAME "fib"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 03 00 00 00 00 09  // NFTA_FIB_FLAGS 9
            08 00 02 00 00 00 00 01  // NFTA_FIB_RESULT 1
            08 00 01 00 00 00 00 01  // NFTA_FIB_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 00  // NFTA_VERDICT_CODE 0

    a8 00 00 00  // nlmsg_len 168
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      84 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 04  // NFTA_META_KEY 4
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 16777216
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    58 01 00 00  // nlmsg_len 344
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      34 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 1
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 00  // NFTA_PAYLOAD_OFFSET 0
            08 00 04 00 00 00 00 01  // NFTA_PAYLOAD_LEN 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 08 00 00 00  // NFTA_DATA_VALUE 8
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    58 01 00 00  // nlmsg_len 344
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      34 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 0a 00 00 00  // NFTA_DATA_VALUE 10
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 3a 00 00 00  // NFTA_DATA_VALUE 58
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 00  // NFTA_PAYLOAD_OFFSET 0
            08 00 04 00 00 00 00 01  // NFTA_PAYLOAD_LEN 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 87 00 00 00  // NFTA_DATA_VALUE 135
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    14 01 00 00  // nlmsg_len 276
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      f0 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 0a 00 00 00  // NFTA_DATA_VALUE 10
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 18  // NFTA_PAYLOAD_OFFSET 24
            08 00 04 00 00 00 00 10  // NFTA_PAYLOAD_LEN 16
        38 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            18 00 03 80  // NFTA_CMP_DATA
              14 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01  // NFTA_DATA_VALUE
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    34 01 00 00  // nlmsg_len 308
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      10 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 05  // NFTA_CMP_OP 5
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 03 e8 00 00  // NFTA_DATA_VALUE 1000
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 03  // NFTA_CMP_OP 3
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 07 d0 00 00  // NFTA_DATA_VALUE 2000
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    18 01 00 00  // nlmsg_len 280
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      f4 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        3c 00 01 80  // NFTA_LIST_ELEM
          0a 00 01 00 72 61 6e 67 65 00 00 00  // NFTA_EXPR_NAME "range"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_RANGE_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_RANGE_OP 1
            0c 00 03 80  // NFTA_RANGE_FROM_DATA
              06 00 01 00 03 e8 00 00  // NFTA_DATA_VALUE 1000
            0c 00 04 80  // NFTA_RANGE_TO_DATA
              06 00 01 00 07 d0 00 00  // NFTA_DATA_VALUE 2000
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    a8 00 00 00  // nlmsg_len 168
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      84 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 06  // NFTA_META_KEY 6
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 62 72 00 00  // NFTA_DATA_VALUE 25202
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    08 01 00 00  // nlmsg_len 264
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      e4 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 11 00 00 00  // NFTA_DATA_VALUE 17
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 00  // NFTA_PAYLOAD_OFFSET 0
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 00 35 00 00  // NFTA_DATA_VALUE 53
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    bc 00 00 00  // nlmsg_len 188
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      98 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 06  // NFTA_META_KEY 6
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        38 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_CMP_OP 1
            18 00 03 80  // NFTA_CMP_DATA
              14 00 01 00 62 72 30 00 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE
        38 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            18 00 02 80  // NFTA_IMMEDIATE_DATA
              14 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 ff ff ff fd  // NFTA_VERDICT_CODE 4294967293
                06 00 02 00 63 00 00 00  // NFTA_VERDICT_CHAIN "c"

    b0 00 00 00  // nlmsg_len 176
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      8c 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 03  // NFTA_META_KEY 3
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 16777216
        38 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            18 00 02 80  // NFTA_IMMEDIATE_DATA
              14 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 ff ff ff fc  // NFTA_VERDICT_CODE 4294967292
                06 00 02 00 63 00 00 00  // NFTA_VERDICT_CHAIN "c"

    a8 00 00 00  // nlmsg_len 168
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      84 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0a  // NFTA_META_KEY 10
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 ff ff ff fb  // NFTA_VERDICT_CODE 4294967291

    48 00 00 00  // nlmsg_len 72
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      24 00 04 80  // NFTA_RULE_EXPRESSIONS
        20 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 6c 6f 67 00  // NFTA_EXPR_NAME "log"
          14 00 02 80  // NFTA_EXPR_DATA
            07 00 02 00 78 20 00 00  // NFTA_LOG_PREFIX "x "
            08 00 05 00 00 00 00 06  // NFTA_LOG_LEVEL 6

    ac 00 00 00  // nlmsg_len 172
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      88 00 04 80  // NFTA_RULE_EXPRESSIONS
        28 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 63 74 00 00  // NFTA_EXPR_NAME "ct"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 14  // NFTA_CT_KEY 20
            08 00 01 00 00 00 00 01  // NFTA_CT_DREG 1
            05 00 03 00 00 00 00 00  // NFTA_CT_DIRECTION 0
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              08 00 01 00 01 02 03 04  // NFTA_DATA_VALUE 16909060
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    e8 00 00 00  // nlmsg_len 232
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      c4 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 11 00 00 00  // NFTA_DATA_VALUE 17
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 02  // NFTA_PAYLOAD_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_PAYLOAD_LEN 2
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 14 e9 00 00  // NFTA_DATA_VALUE 5353
        10 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 6e 6f 74 72 61 63 6b 00  // NFTA_EXPR_NAME "notrack"

    bc 01 00 00  // nlmsg_len 444
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      09 00 02 00 70 6f 73 74 00 00 00 00  // NFTA_RULE_CHAIN "post"
      94 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 10  // NFTA_META_KEY 16
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 6
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 02  // NFTA_PAYLOAD_BASE 2
            08 00 03 00 00 00 00 0d  // NFTA_PAYLOAD_OFFSET 13
            08 00 04 00 00 00 00 01  // NFTA_PAYLOAD_LEN 1
        44 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 62 69 74 77 69 73 65 00  // NFTA_EXPR_NAME "bitwise"
          34 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_BITWISE_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_BITWISE_DREG 1
            08 00 03 00 00 00 00 01  // NFTA_BITWISE_LEN 1
            0c 00 04 80  // NFTA_BITWISE_MASK
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
            0c 00 05 80  // NFTA_BITWISE_XOR
              05 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_CMP_OP 1
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 00 00 00 00  // NFTA_DATA_VALUE 0
        20 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 72 74 00 00  // NFTA_EXPR_NAME "rt"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 03  // NFTA_RT_KEY 3
            08 00 01 00 00 00 00 01  // NFTA_RT_DREG 1
        40 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 62 79 74 65 6f 72 64 65 72 00 00 00  // NFTA_EXPR_NAME "byteorder"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_BYTEORDER_SREG 1
            08 00 02 00 00 00 00 01  // NFTA_BYTEORDER_DREG 1
            08 00 03 00 00 00 00 01  // NFTA_BYTEORDER_OP 1
            08 00 04 00 00 00 00 02  // NFTA_BYTEORDER_LEN 2
            08 00 05 00 00 00 00 02  // NFTA_BYTEORDER_SIZE 2
        3c 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 65 78 74 68 64 72 00 00  // NFTA_EXPR_NAME "exthdr"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 07 00 00 00 00 01  // NFTA_EXTHDR_SREG 1
            05 00 02 00 02 00 00 00  // NFTA_EXTHDR_TYPE 2
            08 00 03 00 00 00 00 02  // NFTA_EXTHDR_OFFSET 2
            08 00 04 00 00 00 00 02  // NFTA_EXTHDR_LEN 2
            08 00 06 00 00 00 00 01  // NFTA_EXTHDR_OP 1

    a4 00 00 00  // nlmsg_len 164
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      80 00 04 80  // NFTA_RULE_EXPRESSIONS
        20 00 01 80  // NFTA_LIST_ELEM
          07 00 01 00 63 74 00 00  // NFTA_EXPR_NAME "ct"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_CT_KEY 1
            08 00 01 00 00 00 00 01  // NFTA_CT_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 1
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    08 01 00 00  // nlmsg_len 264
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      e4 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 0f  // NFTA_META_KEY 15
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 02 00 00 00  // NFTA_DATA_VALUE 2
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 01  // NFTA_PAYLOAD_BASE 1
            08 00 03 00 00 00 00 10  // NFTA_PAYLOAD_OFFSET 16
            08 00 04 00 00 00 00 01  // NFTA_PAYLOAD_LEN 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              05 00 01 00 7f 00 00 00  // NFTA_DATA_VALUE 127
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 00  // NFTA_VERDICT_CODE 0

    0c 01 00 00  // nlmsg_len 268
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      07 00 02 00 69 6e 00 00  // NFTA_RULE_CHAIN "in"
      e8 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 08  // NFTA_META_KEY 8
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        2c 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            0c 00 03 80  // NFTA_CMP_DATA
              06 00 01 00 01 00 00 00  // NFTA_DATA_VALUE 256
        34 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 70 61 79 6c 6f 61 64 00  // NFTA_EXPR_NAME "payload"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_PAYLOAD_DREG 1
            08 00 02 00 00 00 00 00  // NFTA_PAYLOAD_BASE 0
            08 00 03 00 00 00 00 06  // NFTA_PAYLOAD_OFFSET 6
            08 00 04 00 00 00 00 06  // NFTA_PAYLOAD_LEN 6
        30 00 01 80  // NFTA_LIST_ELEM
          08 00 01 00 63 6d 70 00  // NFTA_EXPR_NAME "cmp"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 01  // NFTA_CMP_SREG 1
            08 00 02 00 00 00 00 00  // NFTA_CMP_OP 0
            10 00 03 80  // NFTA_CMP_DATA
              0a 00 01 00 02 00 00 00 00 01 00 00  // NFTA_DATA_VALUE
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 ff ff ff ff  // NFTA_VERDICT_CODE 4294967295

    24 00 00 00  // nlmsg_len 36
    08 0a  // nlmsg_type NFT_MSG_DELRULE
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      06 00 02 00 63 00 00 00  // NFTA_RULE_CHAIN "c"

    54 00 00 00  // nlmsg_len 84
    0e 0a  // nlmsg_type NFT_MSG_DELSETELEM
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0a 00 02 00 70 6f 72 74 73 00 00 00  // NFTA_SET_ELEM_LIST_SET "ports"
      2c 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        10 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            06 00 01 00 00 16 00 00  // NFTA_DATA_VALUE 22
        18 00 02 80  // NFTA_LIST_ELEM
          08 00 03 00 00 00 00 01  // NFTA_SET_ELEM_FLAGS 1
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            06 00 01 00 00 17 00 00  // NFTA_DATA_VALUE 23

    44 00 00 00  // nlmsg_len 68
    0e 0a  // nlmsg_type NFT_MSG_DELSETELEM
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"
      0d 00 02 00 73 65 72 76 69 63 65 73 00 00 00 00  // NFTA_SET_ELEM_LIST_SET "services"
      18 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        14 00 01 80  // NFTA_LIST_ELEM
          10 00 01 80  // NFTA_SET_ELEM_KEY
            0c 00 01 00 06 00 00 00 00 50 00 00  // NFTA_DATA_VALUE 432345564232810496

    28 00 00 00  // nlmsg_len 40
    0e 0a  // nlmsg_type NFT_MSG_DELSETELEM
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      09 00 02 00 6e 65 74 73 00 00 00 00  // NFTA_SET_ELEM_LIST_SET "nets"
      06 00 01 00 74 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "t"

    24 00 00 00  // nlmsg_len 36
    08 0a  // nlmsg_type NFT_MSG_DELRULE
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_RULE_TABLE "t"
      08 00 02 00 70 72 65 00  // NFTA_RULE_CHAIN "pre"

    2c 00 00 00  // nlmsg_len 44
    0b 0a  // nlmsg_type NFT_MSG_DELSET
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_SET_TABLE "t"
      0f 00 02 00 70 75 62 6c 69 73 68 65 64 36 00 00  // NFTA_SET_NAME "published6"

    28 00 00 00  // nlmsg_len 40
    05 0a  // nlmsg_type NFT_MSG_DELCHAIN
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      06 00 01 00 74 00 00 00  // NFTA_CHAIN_TABLE "t"
      09 00 03 00 70 6f 73 74 00 00 00 00  // NFTA_CHAIN_NAME "post"

    14 00 00 00  // nlmsg_len 20
    11 00  // nlmsg_type NFNL_MSG_BATCH_END
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    00 00 00 0a  // nfgenmsg
    """
}
