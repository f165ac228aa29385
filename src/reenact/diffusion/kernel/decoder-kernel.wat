;; The inner loops around the decoder's pictures. What each does is said in decoder-kernel.ts, which owns the memory; made as
;; ../../fit/kernel/README.md tells. Bytes are read and pixels written four at a time in whole vectors, from the first on:
;; what goes over the end of four is the next ones' and written over.
;;
;; Pointers count bytes.
(module
  (memory (import "kernel" "memory") 1)

  ;; Pixels of three bytes as three planes of −1..1, plane bytes each.
  (func (export "planes") (param $pixel i32) (param $out i32) (param $plane i32)
    (local $bytes v128) (local $end i32) (local $middle v128)
    (local.set $middle (f32x4.splat (f32.const 127.5)))
    (local.set $end (i32.add (local.get $out) (local.get $plane)))
    (loop $pixels
      (local.set $bytes (i8x16.swizzle
        (v128.load (local.get $pixel))
        (v128.const i8x16 0 1 2 -1 3 4 5 -1 6 7 8 -1 9 10 11 -1)))
      (v128.store (local.get $out) (f32x4.div
        (f32x4.sub
          (f32x4.convert_i32x4_s (i32x4.shr_u (i32x4.shl (local.get $bytes) (i32.const 24)) (i32.const 24)))
          (local.get $middle))
        (local.get $middle)))
      (v128.store (i32.add (local.get $out) (local.get $plane)) (f32x4.div
        (f32x4.sub
          (f32x4.convert_i32x4_s (i32x4.shr_u (i32x4.shl (local.get $bytes) (i32.const 16)) (i32.const 24)))
          (local.get $middle))
        (local.get $middle)))
      (v128.store (i32.add (local.get $out) (i32.shl (local.get $plane) (i32.const 1))) (f32x4.div
        (f32x4.sub
          (f32x4.convert_i32x4_s (i32x4.shr_u (local.get $bytes) (i32.const 16)))
          (local.get $middle))
        (local.get $middle)))
      (local.set $pixel (i32.add (local.get $pixel) (i32.const 12)))
      (br_if $pixels (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 16)))
        (local.get $end)))))

  ;; Pixels of three bytes as one float each: red + 256 green + 65536 blue.
  (func (export "pack") (param $pixel i32) (param $out i32) (param $end i32)
    (loop $pixels
      (v128.store (local.get $out) (f32x4.convert_i32x4_s (i8x16.swizzle
        (v128.load (local.get $pixel))
        (v128.const i8x16 0 1 2 -1 3 4 5 -1 6 7 8 -1 9 10 11 -1))))
      (local.set $pixel (i32.add (local.get $pixel) (i32.const 12)))
      (br_if $pixels (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 16)))
        (local.get $end)))))

  ;; The sum of four and four floats' magnitudes.
  (func (export "magnitudes") (param $value i32) (param $end i32) (result f32)
    (local $sum v128)
    (loop $values
      (local.set $sum (f32x4.add (local.get $sum) (f32x4.abs (v128.load (local.get $value)))))
      (br_if $values (i32.lt_u
        (local.tee $value (i32.add (local.get $value) (i32.const 16)))
        (local.get $end))))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
      (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum)))))

  ;; A row of floats at the places of column: where the left of two floats is in the row, and as a float how much nearer the right
  ;; one is.
  (func (export "widen") (param $row i32) (param $column i32) (param $out i32) (param $end i32)
    (local $at i32) (local $left f32)
    (loop $places
      (local.set $at (i32.add (local.get $row) (i32.load (local.get $column))))
      (local.set $left (f32.load (local.get $at)))
      (f32.store (local.get $out) (f32.add
        (local.get $left)
        (f32.mul
          (f32.sub (f32.load offset=4 (local.get $at)) (local.get $left))
          (f32.load offset=4 (local.get $column)))))
      (local.set $column (i32.add (local.get $column) (i32.const 8)))
      (br_if $places (i32.lt_u
        (local.tee $out (i32.add (local.get $out) (i32.const 4)))
        (local.get $end)))))

  ;; Whether every float of four and four is a finite number: its magnitude's bits are below those of infinity.
  (func (export "finite") (param $value i32) (param $end i32) (result i32)
    (local $found v128) (local $magnitude v128) (local $most v128)
    (local.set $magnitude (i32x4.splat (i32.const 0x7fffffff)))
    (local.set $most (i32x4.splat (i32.const 0x7f7fffff)))
    (loop $values
      (local.set $found (v128.or (local.get $found) (i32x4.gt_s
        (v128.and (v128.load (local.get $value)) (local.get $magnitude))
        (local.get $most))))
      (br_if $values (i32.lt_u
        (local.tee $value (i32.add (local.get $value) (i32.const 16)))
        (local.get $end))))
    (i32.eqz (v128.any_true (local.get $found))))

  ;; A row of a change: down · fade · share · mask · (residual − gate · warp), share being fy of the way from upper to lower.
  ;; residual and weights point at this row in its squares' first planes; side and plane are the bytes of a row and of a plane of a square.
  ;; Returns the sum of |red + green + blue|.
  (func (export "patchRow")
    (param $upper i32) (param $lower i32) (param $fy f32) (param $fade i32) (param $down f32)
    (param $residual i32) (param $weights i32) (param $side i32) (param $plane i32)
    (param $window i32) (param $out i32) (param $end i32) (result f32)
    (local $part v128) (local $gate v128) (local $bytes v128) (local $red v128) (local $green v128) (local $blue v128)
    (local $rg v128) (local $bb v128) (local $sum v128) (local $steps v128) (local $next i32)
    (local.set $steps (f32x4.splat (f32.const 127.5)))
    (loop $squares
      (local.set $next (i32.add (local.get $fade) (local.get $side)))
      (loop $pixels
        (local.set $part (v128.load (local.get $upper)))
        (local.set $part (f32x4.add (local.get $part) (f32x4.mul
          (f32x4.sub (v128.load (local.get $lower)) (local.get $part))
          (f32x4.splat (local.get $fy)))))
        (if (v128.any_true (local.get $part))
          (then
            (local.set $part (f32x4.mul
              (f32x4.mul
                (f32x4.mul (f32x4.splat (local.get $down)) (v128.load (local.get $fade)))
                (local.get $part))
              (v128.load (i32.add (local.get $weights) (local.get $plane)))))
            (local.set $gate (f32x4.mul (local.get $part) (v128.load (local.get $weights))))
            (local.set $part (f32x4.mul (local.get $part) (local.get $steps)))
            (local.set $bytes (i8x16.swizzle
              (v128.load (local.get $window))
              (v128.const i8x16 0 1 2 -1 3 4 5 -1 6 7 8 -1 9 10 11 -1)))
            (local.set $red (f32x4.sub
              (f32x4.mul (local.get $part) (v128.load (local.get $residual)))
              (f32x4.mul (local.get $gate) (f32x4.sub
                (f32x4.convert_i32x4_s (i32x4.shr_u (i32x4.shl (local.get $bytes) (i32.const 24)) (i32.const 24)))
                (local.get $steps)))))
            (local.set $green (f32x4.sub
              (f32x4.mul (local.get $part) (v128.load (i32.add (local.get $residual) (local.get $plane))))
              (f32x4.mul (local.get $gate) (f32x4.sub
                (f32x4.convert_i32x4_s (i32x4.shr_u (i32x4.shl (local.get $bytes) (i32.const 16)) (i32.const 24)))
                (local.get $steps)))))
            (local.set $blue (f32x4.sub
              (f32x4.mul (local.get $part) (v128.load
                (i32.add (local.get $residual) (i32.shl (local.get $plane) (i32.const 1)))))
              (f32x4.mul (local.get $gate) (f32x4.sub
                (f32x4.convert_i32x4_s (i32x4.shr_u (local.get $bytes) (i32.const 16)))
                (local.get $steps)))))
            (local.set $sum (f32x4.add (local.get $sum) (f32x4.abs
              (f32x4.add (f32x4.add (local.get $red) (local.get $green)) (local.get $blue)))))
            ;; red0 green0 red1 green1 and blue0 blue0 blue1 blue1, then the same of the other two.
            (local.set $rg (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $red) (local.get $green)))
            (local.set $bb (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $blue) (local.get $blue)))
            (v128.store (local.get $out)
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $rg) (local.get $bb)))
            (v128.store offset=12 (local.get $out)
              (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $rg) (local.get $bb)))
            (local.set $rg
              (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $red) (local.get $green)))
            (local.set $bb
              (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $blue) (local.get $blue)))
            (v128.store offset=24 (local.get $out)
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $rg) (local.get $bb)))
            (v128.store offset=36 (local.get $out)
              (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $rg) (local.get $bb))))
          (else
            (v128.store (local.get $out) (local.get $part))
            (v128.store offset=16 (local.get $out) (local.get $part))
            (v128.store offset=32 (local.get $out) (local.get $part))))
        (local.set $upper (i32.add (local.get $upper) (i32.const 16)))
        (local.set $lower (i32.add (local.get $lower) (i32.const 16)))
        (local.set $residual (i32.add (local.get $residual) (i32.const 16)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
        (local.set $window (i32.add (local.get $window) (i32.const 12)))
        (local.set $out (i32.add (local.get $out) (i32.const 48)))
        (br_if $pixels (i32.lt_u
          (local.tee $fade (i32.add (local.get $fade) (i32.const 16)))
          (local.get $next))))
      (local.set $residual (i32.add (local.get $residual)
        (i32.sub (i32.mul (i32.const 3) (local.get $plane)) (local.get $side))))
      (local.set $weights (i32.add (local.get $weights)
        (i32.sub (i32.mul (i32.const 2) (local.get $plane)) (local.get $side))))
      (br_if $squares (i32.lt_u (local.get $out) (local.get $end))))
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $sum)) (f32x4.extract_lane 1 (local.get $sum)))
      (f32.add (f32x4.extract_lane 2 (local.get $sum)) (f32x4.extract_lane 3 (local.get $sum))))))
