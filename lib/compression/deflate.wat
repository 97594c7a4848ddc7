;; One pass of deflate (RFC 1951) with the fixed codes. `deno task wasm` makes deflate_wasm.ts of this file.
;;
;; Memory, filled by fast_deflate.ts:
;;        0  8192 x i32   where a sequence of four bytes was seen last, by its hash
;;    32768   259 x i32   of a match's length: code and extra bits; their number from bit 24 on
;;    34816   512 x i32   of a distance: code, 5 bits; number of extra bits from bit 8 on, base from bit 16 on
;;    36864   256 x i32   of a literal: code; its length from bit 16 on
;;    40960   input, 65535 bytes at most, and 16 bytes that are read beyond it but never used
;;   110592   output
;;
;; Laws:
;; - Literals are kept back until a match is found, then written seven at a time: below 144 a code is the byte plus
;;   48 with its bits turned round, which is done for all of them in one word.
;; - After each group at most 7 bits wait in $bits, so a group may have 57.
;; - Places are counted on from run to run with a gap of 32768, so those of earlier runs are too far away to match.
(module
  (memory (export "memory") 3)

  ;; Writes blocks for $length bytes of input that ends on a byte, not the final ones: the number of bytes written.
  ;; $base: what is added to a place in memory to make it a place in the table; grows by $length + 32768 a run.
  (func (export "deflate") (param $length i32) (param $base i32) (result i32)
    (local $at i32) (local $end i32) (local $last i32) (local $literal i32) (local $out i32)
    (local $bits i64) (local $count i32)
    (local $word i32) (local $slot i32) (local $distance i32) (local $size i32) (local $limit i32)
    (local $code i32) (local $n i32) (local $group i64) (local $differ i64)

    (local.set $at (i32.const 40960))
    (local.set $literal (i32.const 40960))
    (local.set $end (i32.add (local.get $length) (i32.const 40960)))
    (local.set $last (i32.sub (local.get $end) (i32.const 4)))
    (local.set $out (i32.const 110592))
    ;; A block with fixed codes that is not the last.
    (local.set $bits (i64.const 2))
    (local.set $count (i32.const 3))

    (loop $search
      (block $matched
        (block $ended
          (loop $next
            (br_if $ended (i32.gt_s (local.get $at) (local.get $last)))
            (local.set $word (i32.load (local.get $at)))
            (local.set $slot
              (i32.and
                (i32.shr_u (i32.mul (local.get $word) (i32.const 0x9e3779b1)) (i32.const 17))
                (i32.const 0x7ffc)))
            (local.set $distance
              (i32.sub (i32.add (local.get $at) (local.get $base)) (i32.load (local.get $slot))))
            (i32.store (local.get $slot) (i32.add (local.get $at) (local.get $base)))
            (if (i32.le_u (local.get $distance) (i32.const 32768))
              (then
                (br_if $matched
                  (i32.eq
                    (i32.load (i32.sub (local.get $at) (local.get $distance)))
                    (local.get $word)))))
            ;; Where nothing was found for long, fewer places are looked at.
            (local.set $at
              (i32.add
                (i32.add (local.get $at) (i32.const 1))
                (i32.shr_u (i32.sub (local.get $at) (local.get $literal)) (i32.const 6))))
            (br $next)))
        ;; The rest is literals.
        (local.set $at (local.get $end)))

      ;; Literals from $literal up to $at.
      (block $written
        (loop $more
          (br_if $written (i32.ge_s (local.get $literal) (local.get $at)))
          (local.set $n (i32.sub (local.get $at) (local.get $literal)))
          (local.set $n
            (select (local.get $n) (i32.const 7) (i32.lt_s (local.get $n) (i32.const 7))))
          (local.set $group
            (i64.and
              (i64.load (local.get $literal))
              (i64.sub
                (i64.shl (i64.const 1) (i64.extend_i32_u (i32.shl (local.get $n) (i32.const 3))))
                (i64.const 1))))
          (local.set $literal (i32.add (local.get $literal) (local.get $n)))
          (if (i64.eqz (i64.and (local.get $group) (i64.const 0x0080808080808080)))
            (then
              (local.set $group (i64.add (local.get $group) (i64.const 0x0030303030303030)))
              (local.set $group
                (i64.or
                  (i64.and (i64.shr_u (local.get $group) (i64.const 4)) (i64.const 0x000f0f0f0f0f0f0f))
                  (i64.shl (i64.and (local.get $group) (i64.const 0x000f0f0f0f0f0f0f)) (i64.const 4))))
              (local.set $group
                (i64.or
                  (i64.and (i64.shr_u (local.get $group) (i64.const 2)) (i64.const 0x0033333333333333))
                  (i64.shl (i64.and (local.get $group) (i64.const 0x0033333333333333)) (i64.const 2))))
              (local.set $group
                (i64.or
                  (i64.and (i64.shr_u (local.get $group) (i64.const 1)) (i64.const 0x0055555555555555))
                  (i64.shl (i64.and (local.get $group) (i64.const 0x0055555555555555)) (i64.const 1))))
              ;; Bytes beyond the $n were zero and have become codes.
              (local.set $group
                (i64.and
                  (local.get $group)
                  (i64.sub
                    (i64.shl (i64.const 1) (i64.extend_i32_u (i32.shl (local.get $n) (i32.const 3))))
                    (i64.const 1))))
              (local.set $bits
                (i64.or
                  (local.get $bits)
                  (i64.shl (local.get $group) (i64.extend_i32_u (local.get $count)))))
              (local.set $count (i32.add (local.get $count) (i32.shl (local.get $n) (i32.const 3)))))
            (else
              ;; Up to six of nine bits.
              (if (i32.eq (local.get $n) (i32.const 7))
                (then
                  (local.set $n (i32.const 6))
                  (local.set $literal (i32.sub (local.get $literal) (i32.const 1)))))
              (loop $each
                (local.set $code
                  (i32.load offset=36864
                    (i32.shl
                      (i32.and (i32.wrap_i64 (local.get $group)) (i32.const 255))
                      (i32.const 2))))
                (local.set $group (i64.shr_u (local.get $group) (i64.const 8)))
                (local.set $bits
                  (i64.or
                    (local.get $bits)
                    (i64.shl
                      (i64.extend_i32_u (i32.and (local.get $code) (i32.const 0xffff)))
                      (i64.extend_i32_u (local.get $count)))))
                (local.set $count
                  (i32.add (local.get $count) (i32.shr_u (local.get $code) (i32.const 16))))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $each (local.get $n)))))
          (i64.store (local.get $out) (local.get $bits))
          (local.set $out (i32.add (local.get $out) (i32.shr_u (local.get $count) (i32.const 3))))
          (local.set $bits
            (i64.shr_u
              (local.get $bits)
              (i64.extend_i32_u (i32.and (local.get $count) (i32.const 56)))))
          (local.set $count (i32.and (local.get $count) (i32.const 7)))
          (br $more)))

      ;; Is there a match behind them?
      (if (i32.lt_s (local.get $at) (local.get $end))
        (then
          (local.set $limit (i32.sub (local.get $end) (local.get $at)))
          (local.set $limit
            (select (local.get $limit) (i32.const 258) (i32.lt_s (local.get $limit) (i32.const 258))))
          (local.set $size (i32.const 4))
          (block $differs
            (loop $same
              (local.set $slot (i32.add (local.get $at) (local.get $size)))
              (local.set $differ
                (i64.xor
                  (i64.load (local.get $slot))
                  (i64.load (i32.sub (local.get $slot) (local.get $distance)))))
              (br_if $differs (i64.ne (local.get $differ) (i64.const 0)))
              (local.set $size (i32.add (local.get $size) (i32.const 8)))
              (br_if $same (i32.lt_s (local.get $size) (local.get $limit)))))
          (local.set $size
            (i32.add
              (local.get $size)
              (i32.and (i32.shr_u (i32.wrap_i64 (i64.ctz (local.get $differ))) (i32.const 3)) (i32.const 7))))
          (local.set $size
            (select (local.get $size) (local.get $limit) (i32.lt_s (local.get $size) (local.get $limit))))

          (local.set $code (i32.load offset=32768 (i32.shl (local.get $size) (i32.const 2))))
          (local.set $bits
            (i64.or
              (local.get $bits)
              (i64.shl
                (i64.extend_i32_u (i32.and (local.get $code) (i32.const 0xffffff)))
                (i64.extend_i32_u (local.get $count)))))
          (local.set $count (i32.add (local.get $count) (i32.shr_u (local.get $code) (i32.const 24))))

          (local.set $distance (i32.sub (local.get $distance) (i32.const 1)))
          (local.set $code
            (i32.load offset=34816
              (i32.shl
                (select
                  (local.get $distance)
                  (i32.add (i32.shr_u (local.get $distance) (i32.const 7)) (i32.const 256))
                  (i32.lt_u (local.get $distance) (i32.const 256)))
                (i32.const 2))))
          (local.set $bits
            (i64.or
              (local.get $bits)
              (i64.shl
                (i64.extend_i32_u
                  (i32.or
                    (i32.and (local.get $code) (i32.const 31))
                    (i32.shl
                      (i32.sub (local.get $distance) (i32.shr_u (local.get $code) (i32.const 16)))
                      (i32.const 5))))
                (i64.extend_i32_u (local.get $count)))))
          (local.set $count
            (i32.add
              (i32.add (local.get $count) (i32.const 5))
              (i32.and (i32.shr_u (local.get $code) (i32.const 8)) (i32.const 15))))
          (i64.store (local.get $out) (local.get $bits))
          (local.set $out (i32.add (local.get $out) (i32.shr_u (local.get $count) (i32.const 3))))
          (local.set $bits
            (i64.shr_u
              (local.get $bits)
              (i64.extend_i32_u (i32.and (local.get $count) (i32.const 56)))))
          (local.set $count (i32.and (local.get $count) (i32.const 7)))

          (local.set $at (i32.add (local.get $at) (local.get $size)))
          (local.set $literal (local.get $at))
          (br $search))))

    ;; The end of the block: seven zeros; then an empty stored one: three zeros, up to a byte, its length.
    (i64.store (local.get $out) (local.get $bits))
    (local.set $out
      (i32.add (local.get $out) (i32.shr_u (i32.add (local.get $count) (i32.const 17)) (i32.const 3))))
    (i32.store (local.get $out) (i32.const 0xffff0000))
    (i32.sub (i32.add (local.get $out) (i32.const 4)) (i32.const 110592))))
