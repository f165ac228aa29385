;; The inner loops of adding a change to a picture. What each does is said in add-kernel.ts, which owns the memory; made as
;; ../../fit/kernel/README.md tells. A pixel is four bytes and its change three floats, which are loaded as four.
;;
;; Pointers count bytes.
(module
  (memory (import "kernel" "memory") 1)

  ;; pixel += part · change, one to one, four pixels at a time. Sums are rounded, halves to even, and kept within a byte as a
  ;; Uint8ClampedArray does it: added to 2²³ a float's last bit is worth one. A sum that is no number becomes 0. Alpha stays.
  (func (export "add") (param $pixel i32) (param $end i32) (param $change i32) (param $part i32)
    (local $was v128) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $most v128) (local $least v128) (local $ones v128) (local $byte v128)
    (local.set $most (f32x4.splat (f32.const 255)))
    (local.set $ones (f32x4.splat (f32.const 8388608)))
    (local.set $byte (i32x4.splat (i32.const 255)))
    (loop $pixels
      (local.set $a (v128.load (local.get $change)))
      (local.set $b (v128.load offset=12 (local.get $change)))
      (local.set $c (v128.load offset=24 (local.get $change)))
      (local.set $d (v128.load offset=36 (local.get $change)))
      ;; Beside the head nothing changes.
      (if (v128.any_true (v128.or
            (v128.or (local.get $a) (local.get $b))
            (v128.or (local.get $c) (local.get $d))))
        (then
          (local.set $was (v128.load (local.get $pixel)))
          (local.set $a (f32x4.add
            (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (local.get $was))))
            (f32x4.mul (local.get $a) (v128.load32_splat (local.get $part)))))
          (local.set $b (f32x4.add
            (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_u (i16x8.extend_low_i8x16_u (local.get $was))))
            (f32x4.mul (local.get $b) (v128.load32_splat offset=4 (local.get $part)))))
          (local.set $c (f32x4.add
            (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_u (i16x8.extend_high_i8x16_u (local.get $was))))
            (f32x4.mul (local.get $c) (v128.load32_splat offset=8 (local.get $part)))))
          (local.set $d (f32x4.add
            (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_u (i16x8.extend_high_i8x16_u (local.get $was))))
            (f32x4.mul (local.get $d) (v128.load32_splat offset=12 (local.get $part)))))
          (local.set $a (v128.and (local.get $byte) (f32x4.add (local.get $ones)
            (f32x4.pmin (local.get $most) (f32x4.pmax (local.get $least) (local.get $a))))))
          (local.set $b (v128.and (local.get $byte) (f32x4.add (local.get $ones)
            (f32x4.pmin (local.get $most) (f32x4.pmax (local.get $least) (local.get $b))))))
          (local.set $c (v128.and (local.get $byte) (f32x4.add (local.get $ones)
            (f32x4.pmin (local.get $most) (f32x4.pmax (local.get $least) (local.get $c))))))
          (local.set $d (v128.and (local.get $byte) (f32x4.add (local.get $ones)
            (f32x4.pmin (local.get $most) (f32x4.pmax (local.get $least) (local.get $d))))))
          (v128.store (local.get $pixel) (v128.bitselect
            (local.get $was)
            (i8x16.narrow_i16x8_u
              (i16x8.narrow_i32x4_u (local.get $a) (local.get $b))
              (i16x8.narrow_i32x4_u (local.get $c) (local.get $d)))
            (v128.const i32x4 0xff000000 0xff000000 0xff000000 0xff000000)))))
      (local.set $change (i32.add (local.get $change) (i32.const 48)))
      (local.set $part (i32.add (local.get $part) (i32.const 16)))
      (br_if $pixels (i32.lt_u
        (local.tee $pixel (i32.add (local.get $pixel) (i32.const 16)))
        (local.get $end)))))

  ;; out = upper + part · (lower − upper) of floats, four at a time.
  (func (export "between") (param $upper i32) (param $lower i32) (param $part f32) (param $out i32) (param $end i32)
    (local $a v128) (local $of v128)
    (local.set $of (f32x4.splat (local.get $part)))
    (loop $values
      (local.set $a (v128.load (local.get $upper)))
      (v128.store (local.get $out) (f32x4.add (local.get $a)
        (f32x4.mul (local.get $of) (f32x4.sub (v128.load (local.get $lower)) (local.get $a)))))
      (local.set $upper (i32.add (local.get $upper) (i32.const 16)))
      (local.set $lower (i32.add (local.get $lower) (i32.const 16)))
      (br_if $values (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 16)))
        (local.get $end)))))

  ;; A row of changes at the places of column: where the left one of two is in the row, and as a float how much nearer the right
  ;; one is.
  (func (export "stretch") (param $row i32) (param $column i32) (param $out i32) (param $end i32)
    (local $at i32) (local $left v128)
    (loop $pixels
      (local.set $at (i32.add (local.get $row) (i32.load (local.get $column))))
      (local.set $left (v128.load (local.get $at)))
      (v128.store (local.get $out) (f32x4.add (local.get $left)
        (f32x4.mul
          (v128.load32_splat offset=4 (local.get $column))
          (f32x4.sub (v128.load offset=12 (local.get $at)) (local.get $left)))))
      (local.set $column (i32.add (local.get $column) (i32.const 8)))
      (br_if $pixels (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 12)))
        (local.get $end))))))
