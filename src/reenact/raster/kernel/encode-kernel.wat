;; The positional encoding of one coordinate of many points, two at a time. What it does is said in encode-kernel.ts, which
;; owns the memory; made as ../../fit/kernel/README.md tells.
;;
;; Pointers and the distance between planes count bytes.
(module
  (memory (import "kernel" "memory") 1)

  ;; Of points [count, 3] that begin at `point` the first coordinate each: sin and cos of 2^k u, k below `octaves`, a plane
  ;; each, at the points' pixels. u = 4 quarter x. Points come in pairs: where count is odd, one more is read and written.
  (func (export "encode")
    (param $point i32) (param $pixel i32) (param $count i32) (param $quarter f64) (param $octaves i32)
    (param $out i32) (param $plane i32)
    (local $first i32) (local $second i32) (local $k i32)
    (local $x v128) (local $square v128) (local $sine v128) (local $cosine v128) (local $narrow v128)
    (loop $pairs
      (local.set $x (f64x2.mul (f64x2.splat (local.get $quarter))
        (v128.load64_lane offset=24 1 (local.get $point) (v128.load64_zero (local.get $point)))))
      (local.set $square (f64x2.mul (local.get $x) (local.get $x)))
      ;; Taylor series: of a quarter of the angle, six terms err by 1e-11 up to 0.8.
      (local.set $sine (f64x2.mul (local.get $x)
        (f64x2.add (f64x2.splat (f64.const 1)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const -0.16666666666666666)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const 0.008333333333333333)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const -0.0001984126984126984)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const 0.0000027557319223985893)) (f64x2.mul (local.get $square)
          (f64x2.splat (f64.const -0.000000025052108385441720))))))))))))))
      (local.set $cosine
        (f64x2.add (f64x2.splat (f64.const 1)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const -0.5)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const 0.041666666666666664)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const -0.001388888888888889)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const 0.0000248015873015873)) (f64x2.mul (local.get $square)
        (f64x2.add (f64x2.splat (f64.const -0.00000027557319223985888)) (f64x2.mul (local.get $square)
          (f64x2.splat (f64.const 0.0000000020876756987868099)))))))))))))))
      (local.set $first (i32.add (local.get $out) (i32.shl (i32.load (local.get $pixel)) (i32.const 2))))
      (local.set $second (i32.add (local.get $out) (i32.shl (i32.load offset=4 (local.get $pixel)) (i32.const 2))))
      (local.set $k (i32.const -2))
      (loop $octaves
        (if (i32.ge_s (local.get $k) (i32.const 0)) (then
          (local.set $narrow (f32x4.demote_f64x2_zero (local.get $sine)))
          (v128.store32_lane 0 (local.get $first) (local.get $narrow))
          (v128.store32_lane 1 (local.get $second) (local.get $narrow))
          (local.set $first (i32.add (local.get $first) (local.get $plane)))
          (local.set $second (i32.add (local.get $second) (local.get $plane)))
          (local.set $narrow (f32x4.demote_f64x2_zero (local.get $cosine)))
          (v128.store32_lane 0 (local.get $first) (local.get $narrow))
          (v128.store32_lane 1 (local.get $second) (local.get $narrow))
          (local.set $first (i32.add (local.get $first) (local.get $plane)))
          (local.set $second (i32.add (local.get $second) (local.get $plane)))))
        ;; sin 2u = 2 sin u cos u, cos 2u = 1 - 2 sin² u.
        (local.set $x (f64x2.add (local.get $sine) (local.get $sine)))
        (local.set $cosine (f64x2.mul (local.get $x) (local.get $cosine)))
        (local.set $square (f64x2.sub (f64x2.splat (f64.const 1)) (f64x2.mul (local.get $x) (local.get $sine))))
        (local.set $sine (local.get $cosine))
        (local.set $cosine (local.get $square))
        (br_if $octaves (i32.lt_s
          (local.tee $k (i32.add (local.get $k) (i32.const 1)))
          (local.get $octaves))))
      (local.set $point (i32.add (local.get $point) (i32.const 48)))
      (local.set $pixel (i32.add (local.get $pixel) (i32.const 8)))
      (br_if $pairs (i32.gt_s
        (local.tee $count (i32.sub (local.get $count) (i32.const 2)))
        (i32.const 0))))))
