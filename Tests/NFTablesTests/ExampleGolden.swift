extension Example {
  /// What nft 1.0.6 sends for the example, captured from its sendmsg calls, with two changes: sequence numbers are 0,
  /// and the userdata of keys of several parts lacks the empty `typeof` (03 08 00 04 0d 00 00 00 01 00).
  static let golden = """
    14 00 00 00  // nlmsg_len 20
    10 00  // nlmsg_type NFNL_MSG_BATCH_BEGIN
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    00 00 00 0a  // nfgenmsg

    40 00 00 00  // nlmsg_len 64
    00 0a  // nlmsg_type NFT_MSG_NEWTABLE
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_TABLE_NAME "nsrun"
      08 00 02 00 00 00 00 00  // NFTA_TABLE_FLAGS 0
      17 00 06 00 00 11 6d 61 64 65 20 62 79 20 6e 73 72 75 6e 28 38 29 00 00  // NFTA_TABLE_USERDATA

    54 00 00 00  // nlmsg_len 84
    03 0a  // nlmsg_type NFT_MSG_NEWCHAIN
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_CHAIN_TABLE "nsrun"
      0c 00 03 00 66 6f 72 77 61 72 64 00  // NFTA_CHAIN_NAME "forward"
      0b 00 07 00 66 69 6c 74 65 72 00 00  // NFTA_CHAIN_TYPE "filter"
      08 00 05 00 00 00 00 01  // NFTA_CHAIN_POLICY 1
      14 00 04 80  // NFTA_CHAIN_HOOK
        08 00 01 00 00 00 00 02  // NFTA_HOOK_HOOKNUM 2
        08 00 02 00 00 00 00 00  // NFTA_HOOK_PRIORITY 0

    54 00 00 00  // nlmsg_len 84
    03 0a  // nlmsg_type NFT_MSG_NEWCHAIN
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_CHAIN_TABLE "nsrun"
      10 00 03 00 70 6f 73 74 72 6f 75 74 69 6e 67 00  // NFTA_CHAIN_NAME "postrouting"
      08 00 07 00 6e 61 74 00  // NFTA_CHAIN_TYPE "nat"
      08 00 05 00 00 00 00 01  // NFTA_CHAIN_POLICY 1
      14 00 04 80  // NFTA_CHAIN_HOOK
        08 00 01 00 00 00 00 04  // NFTA_HOOK_HOOKNUM 4
        08 00 02 00 00 00 00 64  // NFTA_HOOK_PRIORITY 100

    6c 00 00 00  // nlmsg_len 108
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_TABLE "nsrun"
      0c 00 02 00 62 72 69 64 67 65 73 00  // NFTA_SET_NAME "bridges"
      08 00 03 00 00 00 00 00  // NFTA_SET_FLAGS 0
      08 00 04 00 00 00 00 29  // NFTA_SET_KEY_TYPE 41
      08 00 05 00 00 00 00 10  // NFTA_SET_KEY_LEN 16
      08 00 0a 00 00 00 00 01  // NFTA_SET_ID 1
      1d 00 0d 00 00 04 01 00 00 00 07 11 62 72 69 64 67 65 73 20 6f 66 20 6e  // NFTA_SET_USERDATA
      73 72 75 6e 00 00 00 00

    54 00 00 00  // nlmsg_len 84
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "nsrun"
      0c 00 02 00 62 72 69 64 67 65 73 00  // NFTA_SET_ELEM_LIST_SET "bridges"
      08 00 04 00 00 00 00 01  // NFTA_SET_ELEM_LIST_SET_ID 1
      20 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        1c 00 01 80  // NFTA_LIST_ELEM
          18 00 01 80  // NFTA_SET_ELEM_KEY
            14 00 01 00 62 72 30 00 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE

    58 00 00 00  // nlmsg_len 88
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_TABLE "nsrun"
      0c 00 02 00 62 72 69 64 67 65 64 00  // NFTA_SET_NAME "bridged"
      08 00 03 00 00 00 00 00  // NFTA_SET_FLAGS 0
      08 00 04 00 00 00 0a 69  // NFTA_SET_KEY_TYPE 2665
      08 00 05 00 00 00 00 20  // NFTA_SET_KEY_LEN 32
      08 00 0a 00 00 00 00 02  // NFTA_SET_ID 2
      0a 00 0d 00 00 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    64 00 00 00  // nlmsg_len 100
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "nsrun"
      0c 00 02 00 62 72 69 64 67 65 64 00  // NFTA_SET_ELEM_LIST_SET "bridged"
      08 00 04 00 00 00 00 02  // NFTA_SET_ELEM_LIST_SET_ID 2
      30 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        2c 00 01 80  // NFTA_LIST_ELEM
          28 00 01 80  // NFTA_SET_ELEM_KEY
            24 00 01 00 62 72 30 00 00 00 00 00 00 00 00 00 00 00 00 00 62 72 30 00  // NFTA_DATA_VALUE
            00 00 00 00 00 00 00 00 00 00 00 00

    5c 00 00 00  // nlmsg_len 92
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_TABLE "nsrun"
      10 00 02 00 6d 61 73 71 75 65 72 61 64 65 64 00  // NFTA_SET_NAME "masqueraded"
      08 00 03 00 00 00 00 00  // NFTA_SET_FLAGS 0
      08 00 04 00 00 00 00 07  // NFTA_SET_KEY_TYPE 7
      08 00 05 00 00 00 00 04  // NFTA_SET_KEY_LEN 4
      08 00 0a 00 00 00 00 03  // NFTA_SET_ID 3
      0a 00 0d 00 00 04 02 00 00 00 00 00  // NFTA_SET_USERDATA

    5c 00 00 00  // nlmsg_len 92
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "nsrun"
      10 00 02 00 6d 61 73 71 75 65 72 61 64 65 64 00  // NFTA_SET_ELEM_LIST_SET "masqueraded"
      08 00 04 00 00 00 00 03  // NFTA_SET_ELEM_LIST_SET_ID 3
      24 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        20 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            08 00 01 00 0a 40 01 05  // NFTA_DATA_VALUE 171966725
          10 00 06 00 00 0a 6e 73 72 75 6e 20 77 65 62 00  // NFTA_SET_ELEM_USERDATA

    58 00 00 00  // nlmsg_len 88
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_TABLE "nsrun"
      09 00 02 00 68 6f 6d 65 00 00 00 00  // NFTA_SET_NAME "home"
      08 00 03 00 00 00 00 00  // NFTA_SET_FLAGS 0
      08 00 04 00 00 00 01 e9  // NFTA_SET_KEY_TYPE 489
      08 00 05 00 00 00 00 14  // NFTA_SET_KEY_LEN 20
      08 00 0a 00 00 00 00 04  // NFTA_SET_ID 4
      0a 00 0d 00 00 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    68 00 00 00  // nlmsg_len 104
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "nsrun"
      09 00 02 00 68 6f 6d 65 00 00 00 00  // NFTA_SET_ELEM_LIST_SET "home"
      08 00 04 00 00 00 00 04  // NFTA_SET_ELEM_LIST_SET_ID 4
      34 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        30 00 01 80  // NFTA_LIST_ELEM
          1c 00 01 80  // NFTA_SET_ELEM_KEY
            18 00 01 00 0a 40 01 05 62 72 30 00 00 00 00 00 00 00 00 00 00 00 00 00  // NFTA_DATA_VALUE
          10 00 06 00 00 0a 6e 73 72 75 6e 20 77 65 62 00  // NFTA_SET_ELEM_USERDATA

    78 00 00 00  // nlmsg_len 120
    09 0a  // nlmsg_type NFT_MSG_NEWSET
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_TABLE "nsrun"
      0d 00 02 00 76 65 72 64 69 63 74 73 00 00 00 00  // NFTA_SET_NAME "verdicts"
      08 00 03 00 00 00 00 08  // NFTA_SET_FLAGS 8
      08 00 04 00 00 00 00 07  // NFTA_SET_KEY_TYPE 7
      08 00 05 00 00 00 00 04  // NFTA_SET_KEY_LEN 4
      08 00 06 00 ff ff ff 00  // NFTA_SET_DATA_TYPE 4294967040
      08 00 07 00 00 00 00 00  // NFTA_SET_DATA_LEN 0
      08 00 0a 00 00 00 00 05  // NFTA_SET_ID 5
      16 00 0d 00 00 04 02 00 00 00 01 04 00 00 00 00 06 04 00 00 00 00 00 00  // NFTA_SET_USERDATA

    6c 00 00 00  // nlmsg_len 108
    0c 0a  // nlmsg_type NFT_MSG_NEWSETELEM
    01 04  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_SET_ELEM_LIST_TABLE "nsrun"
      0d 00 02 00 76 65 72 64 69 63 74 73 00 00 00 00  // NFTA_SET_ELEM_LIST_SET "verdicts"
      08 00 04 00 00 00 00 05  // NFTA_SET_ELEM_LIST_SET_ID 5
      34 00 03 80  // NFTA_SET_ELEM_LIST_ELEMENTS
        30 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 80  // NFTA_SET_ELEM_KEY
            08 00 01 00 0a 40 01 09  // NFTA_DATA_VALUE 171966729
          10 00 02 80  // NFTA_SET_ELEM_DATA
            0c 00 02 80  // NFTA_DATA_VERDICT
              08 00 01 00 00 00 00 00  // NFTA_VERDICT_CODE 0
          0e 00 06 00 00 08 6e 73 72 75 6e 20 78 00 00 00  // NFTA_SET_ELEM_USERDATA

    d8 00 00 00  // nlmsg_len 216
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_RULE_TABLE "nsrun"
      0c 00 02 00 66 6f 72 77 61 72 64 00  // NFTA_RULE_CHAIN "forward"
      ac 00 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 06  // NFTA_META_KEY 6
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 07  // NFTA_META_KEY 7
            08 00 01 00 00 00 00 02  // NFTA_META_DREG 2
        30 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            0c 00 01 00 62 72 69 64 67 65 64 00  // NFTA_LOOKUP_SET "bridged"
            08 00 04 00 00 00 00 02  // NFTA_LOOKUP_SET_ID 2
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    f0 00 00 00  // nlmsg_len 240
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_RULE_TABLE "nsrun"
      0c 00 02 00 66 6f 72 77 61 72 64 00  // NFTA_RULE_CHAIN "forward"
      c4 00 04 80  // NFTA_RULE_EXPRESSIONS
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
        3c 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            08 00 03 00 00 00 00 00  // NFTA_LOOKUP_DREG 0
            0d 00 01 00 76 65 72 64 69 63 74 73 00 00 00 00  // NFTA_LOOKUP_SET "verdicts"
            08 00 04 00 00 00 00 05  // NFTA_LOOKUP_SET_ID 5

    f0 00 00 00  // nlmsg_len 240
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_RULE_TABLE "nsrun"
      0c 00 02 00 66 6f 72 77 61 72 64 00  // NFTA_RULE_CHAIN "forward"
      c4 00 04 80  // NFTA_RULE_EXPRESSIONS
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
        3c 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          2c 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            08 00 03 00 00 00 00 00  // NFTA_LOOKUP_DREG 0
            0d 00 01 00 76 65 72 64 69 63 74 73 00 00 00 00  // NFTA_LOOKUP_SET "verdicts"
            08 00 04 00 00 00 00 05  // NFTA_LOOKUP_SET_ID 5

    60 01 00 00  // nlmsg_len 352
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_RULE_TABLE "nsrun"
      0c 00 02 00 66 6f 72 77 61 72 64 00  // NFTA_RULE_CHAIN "forward"
      00 01 04 80  // NFTA_RULE_EXPRESSIONS
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 06  // NFTA_META_KEY 6
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        38 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          28 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            0c 00 01 00 62 72 69 64 67 65 73 00  // NFTA_LOOKUP_SET "bridges"
            08 00 04 00 00 00 00 01  // NFTA_LOOKUP_SET_ID 1
            08 00 05 00 00 00 00 01  // NFTA_LOOKUP_FLAGS 1
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 07  // NFTA_META_KEY 7
            08 00 01 00 00 00 00 01  // NFTA_META_DREG 1
        38 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          28 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            0c 00 01 00 62 72 69 64 67 65 73 00  // NFTA_LOOKUP_SET "bridges"
            08 00 04 00 00 00 00 01  // NFTA_LOOKUP_SET_ID 1
            08 00 05 00 00 00 00 01  // NFTA_LOOKUP_FLAGS 1
        14 00 01 80  // NFTA_LIST_ELEM
          0c 00 01 00 63 6f 75 6e 74 65 72 00  // NFTA_EXPR_NAME "counter"
          04 00 02 80  // NFTA_EXPR_DATA
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 00  // NFTA_VERDICT_CODE 0
      31 00 07 00 00 2b 6e 73 72 75 6e 20 74 75 72 6e 65 64 20 66 6f 72 77 61  // NFTA_RULE_USERDATA
      72 64 69 6e 67 20 6f 6e 3a 20 6e 6f 74 20 66 6f 72 20 6f 74 68 65 72 73
      00 00 00 00

    f0 00 00 00  // nlmsg_len 240
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_RULE_TABLE "nsrun"
      0c 00 02 00 66 6f 72 77 61 72 64 00  // NFTA_RULE_CHAIN "forward"
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
              08 00 01 00 06 00 00 00  // NFTA_DATA_VALUE 100663296
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

    3c 01 00 00  // nlmsg_len 316
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_RULE_TABLE "nsrun"
      10 00 02 00 70 6f 73 74 72 6f 75 74 69 6e 67 00  // NFTA_RULE_CHAIN "postrouting"
      0c 01 04 80  // NFTA_RULE_EXPRESSIONS
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
        24 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 65 74 61 00 00 00 00  // NFTA_EXPR_NAME "meta"
          14 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 07  // NFTA_META_KEY 7
            08 00 01 00 00 00 00 09  // NFTA_META_DREG 9
        30 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          20 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            09 00 01 00 68 6f 6d 65 00 00 00 00  // NFTA_LOOKUP_SET "home"
            08 00 04 00 00 00 00 04  // NFTA_LOOKUP_SET_ID 4
        30 00 01 80  // NFTA_LIST_ELEM
          0e 00 01 00 69 6d 6d 65 64 69 61 74 65 00 00 00  // NFTA_EXPR_NAME "immediate"
          1c 00 02 80  // NFTA_EXPR_DATA
            08 00 01 00 00 00 00 00  // NFTA_IMMEDIATE_DREG 0
            10 00 02 80  // NFTA_IMMEDIATE_DATA
              0c 00 02 80  // NFTA_DATA_VERDICT
                08 00 01 00 00 00 00 01  // NFTA_VERDICT_CODE 1

    00 01 00 00  // nlmsg_len 256
    06 0a  // nlmsg_type NFT_MSG_NEWRULE
    01 0c  // nlmsg_flags NLM_F_REQUEST|NLM_F_CREATE|NLM_F_APPEND
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    01 00 00 00  // nfgenmsg
      0a 00 01 00 6e 73 72 75 6e 00 00 00  // NFTA_RULE_TABLE "nsrun"
      10 00 02 00 70 6f 73 74 72 6f 75 74 69 6e 67 00  // NFTA_RULE_CHAIN "postrouting"
      d0 00 04 80  // NFTA_RULE_EXPRESSIONS
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
        34 00 01 80  // NFTA_LIST_ELEM
          0b 00 01 00 6c 6f 6f 6b 75 70 00 00  // NFTA_EXPR_NAME "lookup"
          24 00 02 80  // NFTA_EXPR_DATA
            08 00 02 00 00 00 00 01  // NFTA_LOOKUP_SREG 1
            10 00 01 00 6d 61 73 71 75 65 72 61 64 65 64 00  // NFTA_LOOKUP_SET "masqueraded"
            08 00 04 00 00 00 00 03  // NFTA_LOOKUP_SET_ID 3
        14 00 01 80  // NFTA_LIST_ELEM
          09 00 01 00 6d 61 73 71 00 00 00 00  // NFTA_EXPR_NAME "masq"
          04 00 02 80  // NFTA_EXPR_DATA

    14 00 00 00  // nlmsg_len 20
    11 00  // nlmsg_type NFNL_MSG_BATCH_END
    01 00  // nlmsg_flags NLM_F_REQUEST
    00 00 00 00 00 00 00 00  // nlmsg_seq, nlmsg_pid: set when sent
    00 00 00 0a  // nfgenmsg
    """
}
