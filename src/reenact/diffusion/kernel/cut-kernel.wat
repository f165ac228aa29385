;; The inner loops of cutting a window out of a picture. What each does is said in cut-kernel.ts, which owns the memory; made
;; as ../../fit/kernel/README.md tells. Pixels are four bytes in the picture, three in the window; rows are written in
;; whole vectors, from the first on, so that what goes over a row's end is the next one's and written over.
;;
;; Pointers count bytes.
(module
  (memory (import "kernel" "memory") 1)

  ;; Red, green and blue of four pixels at a time.
  (func (export "pick") (param $pixel i32) (param $out i32) (param $end i32)
    (local $four v128)
    (loop $pixels
      (local.set $four (v128.load (local.get $pixel)))
      (v128.store (local.get $out)
        (i8x16.shuffle 0 1 2 4 5 6 8 9 10 12 13 14 15 15 15 15 (local.get $four) (local.get $four)))
      (local.set $pixel (i32.add (local.get $pixel) (i32.const 16)))
      (br_if $pixels (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 12)))
        (local.get $end)))))

  ;; Means along one row of the picture in 1/256 levels, [count, 4] of 16 bits, two at a time: red and blue rounded to levels.
  ;; offset: where the left one of two pixels is in the row; weight: what it counts, four times, then its neighbour.
  (func (export "across")
    (param $row i32) (param $offset i32) (param $weight i32) (param $out i32) (param $end i32)
    (local $a v128) (local $b v128)
    (loop $pixels
      (local.set $a (i16x8.mul
        (v128.load8x8_u (i32.add (local.get $row) (i32.load (local.get $offset))))
        (v128.load (local.get $weight))))
      (local.set $b (i16x8.mul
        (v128.load8x8_u (i32.add (local.get $row) (i32.load offset=4 (local.get $offset))))
        (v128.load offset=16 (local.get $weight))))
      (v128.store (local.get $out) (v128.and
        (v128.const i16x8 0xff00 0xffff 0xff00 0xffff 0xff00 0xffff 0xff00 0xffff)
        (i16x8.add
          (v128.const i16x8 128 0 128 0 128 0 128 0)
          (i16x8.add
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $a) (local.get $b))
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $a) (local.get $b))))))
      (local.set $offset (i32.add (local.get $offset) (i32.const 8)))
      (local.set $weight (i32.add (local.get $weight) (i32.const 32)))
      (br_if $pixels (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 16)))
        (local.get $end)))))

  ;; The means of two such rows, rounded to levels, four pixels at a time; part: 1/256 that the lower one counts.
  (func (export "down")
    (param $upper i32) (param $lower i32) (param $part i32) (param $out i32) (param $end i32)
    (local $of v128) (local $rest v128) (local $half v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $of (i16x8.splat (local.get $part)))
    (local.set $rest (i16x8.splat (i32.sub (i32.const 256) (local.get $part))))
    (local.set $half (i32x4.splat (i32.const 32768)))
    (loop $pixels
      (local.set $a (v128.load (local.get $upper)))
      (local.set $b (v128.load offset=16 (local.get $upper)))
      (local.set $c (v128.load (local.get $lower)))
      (local.set $d (v128.load offset=16 (local.get $lower)))
      (local.set $a (i16x8.narrow_i32x4_u
        (i32x4.shr_u (i32x4.add (local.get $half) (i32x4.add
          (i32x4.extmul_low_i16x8_u (local.get $a) (local.get $rest))
          (i32x4.extmul_low_i16x8_u (local.get $c) (local.get $of)))) (i32.const 16))
        (i32x4.shr_u (i32x4.add (local.get $half) (i32x4.add
          (i32x4.extmul_high_i16x8_u (local.get $a) (local.get $rest))
          (i32x4.extmul_high_i16x8_u (local.get $c) (local.get $of)))) (i32.const 16))))
      (local.set $b (i16x8.narrow_i32x4_u
        (i32x4.shr_u (i32x4.add (local.get $half) (i32x4.add
          (i32x4.extmul_low_i16x8_u (local.get $b) (local.get $rest))
          (i32x4.extmul_low_i16x8_u (local.get $d) (local.get $of)))) (i32.const 16))
        (i32x4.shr_u (i32x4.add (local.get $half) (i32x4.add
          (i32x4.extmul_high_i16x8_u (local.get $b) (local.get $rest))
          (i32x4.extmul_high_i16x8_u (local.get $d) (local.get $of)))) (i32.const 16))))
      (local.set $a (i8x16.narrow_i16x8_u (local.get $a) (local.get $b)))
      (v128.store (local.get $out)
        (i8x16.shuffle 0 1 2 4 5 6 8 9 10 12 13 14 15 15 15 15 (local.get $a) (local.get $a)))
      (local.set $upper (i32.add (local.get $upper) (i32.const 32)))
      (local.set $lower (i32.add (local.get $lower) (i32.const 32)))
      (br_if $pixels (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 12)))
        (local.get $end))))))
