;; The inner loops of smoothing changes behind the lips. What each does is said in lips-kernel.ts, which owns the memory; made
;; as ../../fit/kernel/README.md tells. A change is three floats; a value that is averaged is four, the last one its weight.
;;
;; Pointers count bytes.
(module
  (memory (import "kernel" "memory") 1)

  ;; value = cover · (change, 1)
  (func (export "weigh") (param $change i32) (param $cover i32) (param $value i32) (param $end i32)
    (loop $pixels
      (v128.store (local.get $value) (f32x4.mul
        (f32x4.replace_lane 3 (v128.load (local.get $change)) (f32.const 1))
        (v128.load32_splat (local.get $cover))))
      (local.set $change (i32.add (local.get $change) (i32.const 12)))
      (local.set $cover (i32.add (local.get $cover) (i32.const 4)))
      (br_if $pixels (i32.lt_u
        (local.tee $value (i32.add (local.get $value) (i32.const 16)))
        (local.get $end)))))

  ;; Of a line of values, step bytes apart up to end, the sums of so many bytes' (reach) before and behind each of them, added up in
  ;; doubles; sum's values are as far apart.
  (func (export "boxSums") (param $value i32) (param $end i32) (param $step i32) (param $reach i32) (param $sum i32)
    (local $ahead i32) (local $behind i32) (local $first i32) (local $low v128) (local $high v128)
    (local.set $first (local.get $value))
    (local.set $ahead (local.get $value))
    (local.set $behind (i32.sub (local.get $value) (i32.add (local.get $reach) (local.get $step))))
    (block $ready
      (loop $start
        (br_if $ready (i32.ge_u (local.get $ahead) (local.get $end)))
        (br_if $ready (i32.ge_u (local.get $ahead) (i32.add (local.get $first) (local.get $reach))))
        (local.set $low (f64x2.add (local.get $low)
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $ahead)))))
        (local.set $high (f64x2.add (local.get $high)
          (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $ahead)))))
        (local.set $ahead (i32.add (local.get $ahead) (local.get $step)))
        (br $start)))
    (loop $values
      (if (i32.lt_u (local.get $ahead) (local.get $end)) (then
        (local.set $low (f64x2.add (local.get $low)
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $ahead)))))
        (local.set $high (f64x2.add (local.get $high)
          (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $ahead)))))
        (local.set $ahead (i32.add (local.get $ahead) (local.get $step)))))
      ;; Signed: it begins before the line, and maybe before all memory.
      (if (i32.ge_s (local.get $behind) (local.get $first)) (then
        (local.set $low (f64x2.sub (local.get $low)
          (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $behind)))))
        (local.set $high (f64x2.sub (local.get $high)
          (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $behind)))))))
      (v128.store64_lane 0 (local.get $sum) (f32x4.demote_f64x2_zero (local.get $low)))
      (v128.store64_lane offset=8 0 (local.get $sum) (f32x4.demote_f64x2_zero (local.get $high)))
      (local.set $sum (i32.add (local.get $sum) (local.get $step)))
      (local.set $behind (i32.add (local.get $behind) (local.get $step)))
      (br_if $values (i32.lt_u
        (local.tee $value (i32.add (local.get $value) (local.get $step)))
        (local.get $end)))))

  ;; Where a sum has any weight: change = (1 - share + share · away) · change + share · cover · mean, with
  ;; away = min(1 - cover, max(0, 1 - weight · whole)).
  (func (export "mix")
    (param $change i32) (param $cover i32) (param $sum i32) (param $end i32) (param $whole f32) (param $share f32)
    (local $of v128) (local $weight f32) (local $open f32) (local $kept f32)
    (loop $pixels
      (local.set $of (v128.load (local.get $sum)))
      (local.set $weight (f32x4.extract_lane 3 (local.get $of)))
      (if (f32.ne (local.get $weight) (f32.const 0)) (then
        (local.set $open (f32.load (local.get $cover)))
        (local.set $kept (f32.add
          (f32.sub (f32.const 1) (local.get $share))
          (f32.mul (local.get $share) (f32.min
            (f32.sub (f32.const 1) (local.get $open))
            (f32.max (f32.const 0) (f32.sub (f32.const 1) (f32.mul (local.get $weight) (local.get $whole))))))))
        (local.set $of (f32x4.add
          (f32x4.mul (f32x4.splat (local.get $kept)) (v128.load (local.get $change)))
          (f32x4.mul
            (f32x4.splat (f32.mul (local.get $share) (local.get $open)))
            (f32x4.div (local.get $of) (f32x4.splat (local.get $weight))))))
        (v128.store64_lane 0 (local.get $change) (local.get $of))
        (v128.store32_lane offset=8 2 (local.get $change) (local.get $of))))
      (local.set $change (i32.add (local.get $change) (i32.const 12)))
      (local.set $cover (i32.add (local.get $cover) (i32.const 4)))
      (br_if $pixels (i32.lt_u
        (local.tee $sum (i32.add (local.get $sum) (i32.const 16)))
        (local.get $end))))))
