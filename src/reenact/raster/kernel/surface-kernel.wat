;; The inner loops of a map of a head's surface, operation by operation those of skinning.ts and raster.ts, so that not a
;; bit differs. What each does is said in surface-kernel.ts, which owns the memory; made as ../../fit/kernel/README.md tells.
;;
;; Pointers count bytes.
(module
  (memory (import "kernel" "memory") 1)

  ;; points[vertex] += amount * delta; vertex: offset of a point of three floats.
  (func (export "addDeltas")
    (param $vertex i32) (param $end i32) (param $delta i32) (param $amount f64) (param $points i32)
    (local $at i32)
    (block $done
      (loop $entries
        (br_if $done (i32.ge_u (local.get $vertex) (local.get $end)))
        (local.set $at (i32.add (local.get $points) (i32.load (local.get $vertex))))
        (f32.store (local.get $at) (f32.demote_f64 (f64.add
          (f64.promote_f32 (f32.load (local.get $at)))
          (f64.mul (local.get $amount) (f64.promote_f32 (f32.load (local.get $delta)))))))
        (f32.store offset=4 (local.get $at) (f32.demote_f64 (f64.add
          (f64.promote_f32 (f32.load offset=4 (local.get $at)))
          (f64.mul (local.get $amount) (f64.promote_f32 (f32.load offset=4 (local.get $delta)))))))
        (f32.store offset=8 (local.get $at) (f32.demote_f64 (f64.add
          (f64.promote_f32 (f32.load offset=8 (local.get $at)))
          (f64.mul (local.get $amount) (f64.promote_f32 (f32.load offset=8 (local.get $delta)))))))
        (local.set $vertex (i32.add (local.get $vertex) (i32.const 4)))
        (local.set $delta (i32.add (local.get $delta) (i32.const 12)))
        (br $entries))))

  ;; sum = a + b of floats, four at a time: bytes is a multiple of 16.
  (func (export "add") (param $a i32) (param $b i32) (param $sum i32) (param $bytes i32)
    (local $k i32)
    (loop $loop
      (v128.store (i32.add (local.get $sum) (local.get $k)) (f32x4.add
        (v128.load (i32.add (local.get $a) (local.get $k)))
        (v128.load (i32.add (local.get $b) (local.get $k)))))
      (br_if $loop (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 16))) (local.get $bytes)))))

  ;; Linear blend skinning in place. offset: first influence of each vertex and one more; start: offset of a transform,
  ;; whose twelve numbers stand as the columns of its first two rows, then its third row.
  (func (export "skin")
    (param $points i32) (param $end i32) (param $offset i32) (param $start i32) (param $weight i32)
    (param $transforms i32) (param $dx f64) (param $dy f64) (param $dz f64)
    (local $k i32) (local $last i32) (local $t i32) (local $w f64)
    (local $x f64) (local $y f64) (local $z f64) (local $xx v128) (local $yy v128) (local $zz v128)
    (local $sum v128) (local $sz f64) (local $move v128)
    (local.set $move (f64x2.replace_lane 1 (f64x2.splat (local.get $dx)) (local.get $dy)))
    (loop $vertices
      (local.set $x (f64.promote_f32 (f32.load (local.get $points))))
      (local.set $y (f64.promote_f32 (f32.load offset=4 (local.get $points))))
      (local.set $z (f64.promote_f32 (f32.load offset=8 (local.get $points))))
      (local.set $xx (f64x2.splat (local.get $x)))
      (local.set $yy (f64x2.splat (local.get $y)))
      (local.set $zz (f64x2.splat (local.get $z)))
      (local.set $sum (local.get $move))
      (local.set $sz (local.get $dz))
      (local.set $offset (i32.add (local.get $offset) (i32.const 4)))
      (local.set $last (i32.load (local.get $offset)))
      (block $done
        (loop $influences
          (br_if $done (i32.ge_u (local.get $k) (local.get $last)))
          (local.set $t (i32.add (local.get $transforms) (i32.load (local.get $start))))
          (local.set $w (f64.promote_f32 (f32.load (local.get $weight))))
          (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (f64x2.splat (local.get $w))
            (f64x2.add
              (f64x2.add
                (f64x2.add
                  (f64x2.mul (v128.load (local.get $t)) (local.get $xx))
                  (f64x2.mul (v128.load offset=16 (local.get $t)) (local.get $yy)))
                (f64x2.mul (v128.load offset=32 (local.get $t)) (local.get $zz)))
              (v128.load offset=48 (local.get $t))))))
          (local.set $sz (f64.add (local.get $sz) (f64.mul (local.get $w)
            (f64.add
              (f64.add
                (f64.add
                  (f64.mul (f64.load offset=64 (local.get $t)) (local.get $x))
                  (f64.mul (f64.load offset=72 (local.get $t)) (local.get $y)))
                (f64.mul (f64.load offset=80 (local.get $t)) (local.get $z)))
              (f64.load offset=88 (local.get $t))))))
          (local.set $start (i32.add (local.get $start) (i32.const 4)))
          (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
          (local.set $k (i32.add (local.get $k) (i32.const 1)))
          (br $influences)))
      (v128.store64_lane 0 (local.get $points) (f32x4.demote_f64x2_zero (local.get $sum)))
      (f32.store offset=8 (local.get $points) (f32.demote_f64 (local.get $sz)))
      (br_if $vertices (i32.lt_u
        (local.tee $points (i32.add (local.get $points) (i32.const 12)))
        (local.get $end)))))

  ;; Screen coordinates in subpixels and 1 / depth of every point, and its cell: projectToGrid of raster.ts.
  (func (export "project")
    (param $points i32) (param $end i32) (param $focal f64) (param $centreX f64) (param $centreY f64)
    (param $near f64) (param $guard f64) (param $screen i32) (param $cell i32)
    (local $z f64) (local $inverse f64) (local $x f64) (local $y f64)
    (loop $vertices
      (local.set $z (f64.promote_f32 (f32.load offset=8 (local.get $points))))
      (local.set $inverse (f64.div (f64.const -1) (local.get $z)))
      (local.set $x (f64.add (local.get $centreX) (f64.mul
        (f64.mul (local.get $focal) (f64.promote_f32 (f32.load (local.get $points))))
        (local.get $inverse))))
      (local.set $y (f64.sub (local.get $centreY) (f64.mul
        (f64.mul (local.get $focal) (f64.promote_f32 (f32.load offset=4 (local.get $points))))
        (local.get $inverse))))
      (if (i32.and
            (f64.gt (f64.neg (local.get $z)) (local.get $near))
            (i32.and
              (f64.lt (f64.abs (local.get $x)) (local.get $guard))
              (f64.lt (f64.abs (local.get $y)) (local.get $guard))))
        (then
          (local.set $x (f64.add
            (f64.mul (f64.const 2) (f64.floor (f64.mul (local.get $x) (f64.const 2048))))
            (f64.const 1)))
          (local.set $y (f64.add
            (f64.mul (f64.const 2) (f64.floor (f64.mul (local.get $y) (f64.const 2048))))
            (f64.const 1)))
          (f64.store (local.get $screen) (local.get $x))
          (f64.store offset=8 (local.get $screen) (local.get $y))
          (f64.store offset=16 (local.get $screen) (local.get $inverse))
          (i32.store (local.get $cell) (i32.or
            (i32.shl
              (i32.shr_s (i32.sub (i32.trunc_sat_f64_s (local.get $y)) (i32.const 2048)) (i32.const 12))
              (i32.const 16))
            (i32.and
              (i32.shr_s (i32.sub (i32.trunc_sat_f64_s (local.get $x)) (i32.const 2048)) (i32.const 12))
              (i32.const 0xffff)))))
        (else (f64.store (local.get $screen) (f64.const nan))))
      (local.set $screen (i32.add (local.get $screen) (i32.const 24)))
      (local.set $cell (i32.add (local.get $cell) (i32.const 4)))
      (br_if $vertices (i32.lt_u
        (local.tee $points (i32.add (local.get $points) (i32.const 12)))
        (local.get $end)))))

  (func $min3 (param $a i32) (param $b i32) (param $c i32) (result i32)
    (local.set $a (select (local.get $a) (local.get $b) (i32.lt_s (local.get $a) (local.get $b))))
    (select (local.get $a) (local.get $c) (i32.lt_s (local.get $a) (local.get $c))))

  (func $max3 (param $a i32) (param $b i32) (param $c i32) (result i32)
    (local.set $a (select (local.get $a) (local.get $b) (i32.gt_s (local.get $a) (local.get $b))))
    (select (local.get $a) (local.get $c) (i32.gt_s (local.get $a) (local.get $c))))

  ;; What an edge function must reach at the least: 0 on a top or left edge, 1 elsewhere.
  (func $least (param $dx f64) (param $dy f64) (result f64)
    (select (f64.const 0) (f64.const 1)
      (i32.or
        (f64.lt (local.get $dy) (f64.const 0))
        (i32.and (f64.eq (local.get $dy) (f64.const 0)) (f64.gt (local.get $dx) (f64.const 0))))))

  ;; Fills depth, owner and barycentric weights: rasterise and fillTriangle of raster.ts, front faces only. Corners are
  ;; named as there, after b and c have changed places.
  (func (export "rasterise")
    (param $corner i32) (param $end i32) (param $screen i32) (param $cell i32) (param $width i32) (param $height i32)
    (param $depth i32) (param $owner i32) (param $barycentric i32)
    (local $triangle i32) (local $a i32) (local $b i32) (local $c i32) (local $spread i32)
    (local $cellA i32) (local $cellB i32) (local $cellC i32)
    (local $top i32) (local $bottom i32) (local $left i32) (local $right i32) (local $x i32) (local $pixel i32) (local $at i32)
    (local $ax f64) (local $ay f64) (local $bx f64) (local $by f64) (local $cx f64) (local $cy f64) (local $area f64)
    (local $px f64) (local $py f64) (local $rowA f64) (local $rowB f64) (local $rowC f64)
    (local $leastA f64) (local $leastB f64) (local $leastC f64)
    (local $acrossA f64) (local $acrossB f64) (local $acrossC f64) (local $downA f64) (local $downB f64) (local $downC f64)
    (local $za f64) (local $zb f64) (local $zc f64) (local $edgeA f64) (local $edgeB f64) (local $edgeC f64)
    (local $wa f64) (local $wb f64) (local $wc f64) (local $z f64)
    (local.set $triangle (i32.const -1))
    (loop $triangles
      (block $next
        (br_if $next (i32.ge_u (local.get $corner) (local.get $end)))
        (local.set $triangle (i32.add (local.get $triangle) (i32.const 1)))
        (local.set $a (i32.load (local.get $corner)))
        (local.set $c (i32.load offset=4 (local.get $corner)))
        (local.set $b (i32.load offset=8 (local.get $corner)))
        (local.set $cellA (i32.load (i32.add (local.get $cell) (i32.shl (local.get $a) (i32.const 2)))))
        (local.set $cellB (i32.load (i32.add (local.get $cell) (i32.shl (local.get $b) (i32.const 2)))))
        (local.set $cellC (i32.load (i32.add (local.get $cell) (i32.shl (local.get $c) (i32.const 2)))))
        (local.set $spread (i32.or
          (i32.xor (local.get $cellA) (local.get $cellB))
          (i32.xor (local.get $cellA) (local.get $cellC))))
        (br_if $next (i32.eqz (i32.and (local.get $spread) (i32.const 0xffff))))
        (br_if $next (i32.eqz (i32.shr_u (local.get $spread) (i32.const 16))))
        (local.set $a (i32.add (local.get $screen) (i32.mul (local.get $a) (i32.const 24))))
        (local.set $b (i32.add (local.get $screen) (i32.mul (local.get $b) (i32.const 24))))
        (local.set $c (i32.add (local.get $screen) (i32.mul (local.get $c) (i32.const 24))))
        (local.set $ax (f64.load (local.get $a)))
        (local.set $ay (f64.load offset=8 (local.get $a)))
        (local.set $bx (f64.load (local.get $b)))
        (local.set $by (f64.load offset=8 (local.get $b)))
        (local.set $cx (f64.load (local.get $c)))
        (local.set $cy (f64.load offset=8 (local.get $c)))
        (local.set $area (f64.sub
          (f64.mul (f64.sub (local.get $cx) (local.get $ax)) (f64.sub (local.get $by) (local.get $ay)))
          (f64.mul (f64.sub (local.get $bx) (local.get $ax)) (f64.sub (local.get $cy) (local.get $ay)))))
        (br_if $next (i32.eqz (f64.lt (local.get $area) (f64.const 0))))
        (local.set $area (f64.neg (local.get $area)))

        (local.set $top (i32.add (i32.const 1) (call $min3
          (i32.shr_s (local.get $cellA) (i32.const 16))
          (i32.shr_s (local.get $cellB) (i32.const 16))
          (i32.shr_s (local.get $cellC) (i32.const 16)))))
        (local.set $top (select (local.get $top) (i32.const 0) (i32.gt_s (local.get $top) (i32.const 0))))
        (local.set $bottom (call $max3
          (i32.shr_s (local.get $cellA) (i32.const 16))
          (i32.shr_s (local.get $cellB) (i32.const 16))
          (i32.shr_s (local.get $cellC) (i32.const 16))))
        (if (i32.ge_s (local.get $bottom) (local.get $height)) (then
          (local.set $bottom (i32.sub (local.get $height) (i32.const 1)))))
        (local.set $cellA (i32.extend16_s (local.get $cellA)))
        (local.set $cellB (i32.extend16_s (local.get $cellB)))
        (local.set $cellC (i32.extend16_s (local.get $cellC)))
        (local.set $left (i32.add (i32.const 1)
          (call $min3 (local.get $cellA) (local.get $cellB) (local.get $cellC))))
        (local.set $left (select (local.get $left) (i32.const 0) (i32.gt_s (local.get $left) (i32.const 0))))
        (local.set $right (call $max3 (local.get $cellA) (local.get $cellB) (local.get $cellC)))
        (if (i32.ge_s (local.get $right) (local.get $width)) (then
          (local.set $right (i32.sub (local.get $width) (i32.const 1)))))
        (br_if $next (i32.gt_s (local.get $left) (local.get $right)))
        (br_if $next (i32.gt_s (local.get $top) (local.get $bottom)))

        (local.set $px (f64.convert_i32_s
          (i32.add (i32.shl (local.get $left) (i32.const 12)) (i32.const 2048))))
        (local.set $py (f64.convert_i32_s
          (i32.add (i32.shl (local.get $top) (i32.const 12)) (i32.const 2048))))
        (local.set $rowA (f64.sub
          (f64.mul (f64.sub (local.get $cx) (local.get $bx)) (f64.sub (local.get $py) (local.get $by)))
          (f64.mul (f64.sub (local.get $cy) (local.get $by)) (f64.sub (local.get $px) (local.get $bx)))))
        (local.set $rowB (f64.sub
          (f64.mul (f64.sub (local.get $ax) (local.get $cx)) (f64.sub (local.get $py) (local.get $cy)))
          (f64.mul (f64.sub (local.get $ay) (local.get $cy)) (f64.sub (local.get $px) (local.get $cx)))))
        (local.set $rowC (f64.sub
          (f64.mul (f64.sub (local.get $bx) (local.get $ax)) (f64.sub (local.get $py) (local.get $ay)))
          (f64.mul (f64.sub (local.get $by) (local.get $ay)) (f64.sub (local.get $px) (local.get $ax)))))
        (local.set $leastA (call $least
          (f64.sub (local.get $cx) (local.get $bx)) (f64.sub (local.get $cy) (local.get $by))))
        (local.set $leastB (call $least
          (f64.sub (local.get $ax) (local.get $cx)) (f64.sub (local.get $ay) (local.get $cy))))
        (local.set $leastC (call $least
          (f64.sub (local.get $bx) (local.get $ax)) (f64.sub (local.get $by) (local.get $ay))))
        (local.set $acrossA (f64.mul (f64.sub (local.get $by) (local.get $cy)) (f64.const 4096)))
        (local.set $acrossB (f64.mul (f64.sub (local.get $cy) (local.get $ay)) (f64.const 4096)))
        (local.set $acrossC (f64.mul (f64.sub (local.get $ay) (local.get $by)) (f64.const 4096)))
        (local.set $downA (f64.mul (f64.sub (local.get $cx) (local.get $bx)) (f64.const 4096)))
        (local.set $downB (f64.mul (f64.sub (local.get $ax) (local.get $cx)) (f64.const 4096)))
        (local.set $downC (f64.mul (f64.sub (local.get $bx) (local.get $ax)) (f64.const 4096)))
        (local.set $za (f64.div (f64.load offset=16 (local.get $a)) (local.get $area)))
        (local.set $zb (f64.div (f64.load offset=16 (local.get $b)) (local.get $area)))
        (local.set $zc (f64.div (f64.load offset=16 (local.get $c)) (local.get $area)))

        (loop $rows
          (local.set $edgeA (local.get $rowA))
          (local.set $edgeB (local.get $rowB))
          (local.set $edgeC (local.get $rowC))
          (local.set $x (local.get $left))
          (local.set $pixel (i32.add (i32.mul (local.get $top) (local.get $width)) (local.get $left)))
          (loop $pixels
            (if (i32.and
                  (f64.ge (local.get $edgeA) (local.get $leastA))
                  (i32.and
                    (f64.ge (local.get $edgeB) (local.get $leastB))
                    (f64.ge (local.get $edgeC) (local.get $leastC))))
              (then
                (local.set $wa (f64.mul (local.get $edgeA) (local.get $za)))
                (local.set $wb (f64.mul (local.get $edgeB) (local.get $zb)))
                (local.set $wc (f64.mul (local.get $edgeC) (local.get $zc)))
                (local.set $z (f64.div (f64.const 1)
                  (f64.add (f64.add (local.get $wa) (local.get $wb)) (local.get $wc))))
                (local.set $at (i32.add (local.get $depth) (i32.shl (local.get $pixel) (i32.const 2))))
                (if (f64.lt (local.get $z) (f64.promote_f32 (f32.load (local.get $at)))) (then
                  (f32.store (local.get $at) (f32.demote_f64 (local.get $z)))
                  (i32.store (i32.add (local.get $owner) (i32.shl (local.get $pixel) (i32.const 2)))
                    (local.get $triangle))
                  (local.set $at (i32.add (local.get $barycentric) (i32.mul (local.get $pixel) (i32.const 12))))
                  (f32.store (local.get $at) (f32.demote_f64 (f64.mul (local.get $wa) (local.get $z))))
                  (f32.store offset=8 (local.get $at) (f32.demote_f64 (f64.mul (local.get $wb) (local.get $z))))
                  (f32.store offset=4 (local.get $at)
                    (f32.demote_f64 (f64.mul (local.get $wc) (local.get $z))))))))
            (local.set $edgeA (f64.add (local.get $edgeA) (local.get $acrossA)))
            (local.set $edgeB (f64.add (local.get $edgeB) (local.get $acrossB)))
            (local.set $edgeC (f64.add (local.get $edgeC) (local.get $acrossC)))
            (local.set $pixel (i32.add (local.get $pixel) (i32.const 1)))
            (br_if $pixels (i32.le_s
              (local.tee $x (i32.add (local.get $x) (i32.const 1)))
              (local.get $right))))
          (local.set $rowA (f64.add (local.get $rowA) (local.get $downA)))
          (local.set $rowB (f64.add (local.get $rowB) (local.get $downB)))
          (local.set $rowC (f64.add (local.get $rowC) (local.get $downC)))
          (br_if $rows (i32.le_s
            (local.tee $top (i32.add (local.get $top) (i32.const 1)))
            (local.get $bottom)))))
      (br_if $triangles (i32.lt_u
        (local.tee $corner (i32.add (local.get $corner) (i32.const 12)))
        (local.get $end)))))

  ;; Of every covered pixel its number and two attributes of three floats, interpolated; returns how many there are.
  (func (export "sample")
    (param $pixels i32) (param $owner i32) (param $barycentric i32) (param $triangles i32)
    (param $first i32) (param $second i32) (param $outPixel i32) (param $outFirst i32) (param $outSecond i32)
    (result i32)
    (local $pixel i32) (local $count i32) (local $a i32) (local $b i32) (local $c i32)
    (local $wa f64) (local $wb f64) (local $wc f64) (local $va v128) (local $vb v128) (local $vc v128)
    (loop $each
      (local.set $a (i32.load (local.get $owner)))
      (if (i32.ge_s (local.get $a) (i32.const 0)) (then
        (local.set $c (i32.add (local.get $triangles) (i32.mul (local.get $a) (i32.const 12))))
        (local.set $a (i32.mul (i32.load (local.get $c)) (i32.const 12)))
        (local.set $b (i32.mul (i32.load offset=4 (local.get $c)) (i32.const 12)))
        (local.set $c (i32.mul (i32.load offset=8 (local.get $c)) (i32.const 12)))
        (local.set $wa (f64.promote_f32 (f32.load (local.get $barycentric))))
        (local.set $wb (f64.promote_f32 (f32.load offset=4 (local.get $barycentric))))
        (local.set $wc (f64.promote_f32 (f32.load offset=8 (local.get $barycentric))))
        (local.set $va (f64x2.splat (local.get $wa)))
        (local.set $vb (f64x2.splat (local.get $wb)))
        (local.set $vc (f64x2.splat (local.get $wc)))
        (i32.store (local.get $outPixel) (local.get $pixel))
        (v128.store (local.get $outFirst) (f64x2.add
          (f64x2.add
            (f64x2.mul (local.get $va)
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $first) (local.get $a)))))
            (f64x2.mul (local.get $vb)
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $first) (local.get $b))))))
          (f64x2.mul (local.get $vc)
            (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $first) (local.get $c)))))))
        (f64.store offset=16 (local.get $outFirst) (f64.add
          (f64.add
            (f64.mul (local.get $wa) (f64.promote_f32 (f32.load offset=8 (i32.add (local.get $first) (local.get $a)))))
            (f64.mul (local.get $wb) (f64.promote_f32 (f32.load offset=8 (i32.add (local.get $first) (local.get $b))))))
          (f64.mul (local.get $wc) (f64.promote_f32 (f32.load offset=8 (i32.add (local.get $first) (local.get $c)))))))
        (v128.store (local.get $outSecond) (f64x2.add
          (f64x2.add
            (f64x2.mul (local.get $va)
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $second) (local.get $a)))))
            (f64x2.mul (local.get $vb)
              (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $second) (local.get $b))))))
          (f64x2.mul (local.get $vc)
            (f64x2.promote_low_f32x4 (v128.load64_zero (i32.add (local.get $second) (local.get $c)))))))
        (f64.store offset=16 (local.get $outSecond) (f64.add
          (f64.add
            (f64.mul (local.get $wa) (f64.promote_f32 (f32.load offset=8 (i32.add (local.get $second) (local.get $a)))))
            (f64.mul (local.get $wb) (f64.promote_f32 (f32.load offset=8 (i32.add (local.get $second) (local.get $b))))))
          (f64.mul (local.get $wc) (f64.promote_f32 (f32.load offset=8 (i32.add (local.get $second) (local.get $c)))))))
        (local.set $outPixel (i32.add (local.get $outPixel) (i32.const 4)))
        (local.set $outFirst (i32.add (local.get $outFirst) (i32.const 24)))
        (local.set $outSecond (i32.add (local.get $outSecond) (i32.const 24)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))))
      (local.set $owner (i32.add (local.get $owner) (i32.const 4)))
      (local.set $barycentric (i32.add (local.get $barycentric) (i32.const 12)))
      (br_if $each (i32.lt_u
        (local.tee $pixel (i32.add (local.get $pixel) (i32.const 1)))
        (local.get $pixels))))
    (local.get $count)))
