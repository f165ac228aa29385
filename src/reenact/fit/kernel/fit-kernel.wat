;; The fit's inner loops, two 64-bit floats at a time. What each does is said in fit-kernel.ts, which owns the memory;
;; README.md tells how fit-kernel.wasm is made from this.
;;
;; Pointers and strides count bytes. A term's row of the table is five 32-bit numbers: its landmark's units, how many
;; they are (even), its deltas [3, units], its landmark's first column, and whether it is the landmark's first term. A
;; unit is the offset of its number in a vector of parameters.
(module
  (memory (import "kernel" "memory") 1)

  (func $sum (param $v v128) (result f64)
    (f64.add (f64x2.extract_lane 0 (local.get $v)) (f64x2.extract_lane 1 (local.get $v))))

  ;; moments[term] = sum over units of psi[unit] * delta[unit].
  (func (export "expand") (param $term i32) (param $end i32) (param $psi i32) (param $out i32)
    (local $unit i32) (local $last i32) (local $stride i32) (local $d i32) (local $amount v128)
    (local $x v128) (local $y v128) (local $z v128)
    (loop $terms
      (local.set $unit (i32.load (local.get $term)))
      (local.set $stride (i32.shl (i32.load offset=4 (local.get $term)) (i32.const 3)))
      (local.set $last (i32.add (local.get $unit) (i32.shr_u (local.get $stride) (i32.const 1))))
      (local.set $d (i32.load offset=8 (local.get $term)))
      (local.set $x (v128.const f64x2 0 0))
      (local.set $y (v128.const f64x2 0 0))
      (local.set $z (v128.const f64x2 0 0))
      (if (i32.lt_u (local.get $unit) (local.get $last)) (then
        (loop $pairs
          (local.set $amount
            (v128.load64_lane 1
              (i32.add (local.get $psi) (i32.load offset=4 (local.get $unit)))
              (v128.load64_zero (i32.add (local.get $psi) (i32.load (local.get $unit))))))
          (local.set $x (f64x2.add (local.get $x) (f64x2.mul (local.get $amount) (v128.load (local.get $d)))))
          (local.set $y (f64x2.add (local.get $y) (f64x2.mul (local.get $amount)
            (v128.load (i32.add (local.get $d) (local.get $stride))))))
          (local.set $z (f64x2.add (local.get $z) (f64x2.mul (local.get $amount)
            (v128.load (i32.add (local.get $d) (i32.shl (local.get $stride) (i32.const 1)))))))
          (local.set $d (i32.add (local.get $d) (i32.const 16)))
          (br_if $pairs (i32.lt_u
            (local.tee $unit (i32.add (local.get $unit) (i32.const 8)))
            (local.get $last))))))
      (f64.store (local.get $out) (call $sum (local.get $x)))
      (f64.store offset=8 (local.get $out) (call $sum (local.get $y)))
      (f64.store offset=16 (local.get $out) (call $sum (local.get $z)))
      (local.set $out (i32.add (local.get $out) (i32.const 24)))
      (br_if $terms (i32.lt_u
        (local.tee $term (i32.add (local.get $term) (i32.const 20)))
        (local.get $end)))))

  ;; dx[column] (+)= u . delta, dy[column] (+)= v . delta, with (u, v) a term's six numbers. An odd number of units
  ;; spoils the column after them.
  (func (export "unitColumns")
    (param $term i32) (param $end i32) (param $uv i32) (param $dx i32) (param $dy i32)
    (local $column i32) (local $last i32) (local $stride i32) (local $d i32) (local $isFirst i32)
    (local $ux v128) (local $uy v128) (local $uz v128) (local $vx v128) (local $vy v128) (local $vz v128)
    (local $a v128) (local $b v128) (local $c v128) (local $x v128) (local $y v128)
    (loop $terms
      (local.set $stride (i32.shl (i32.load offset=4 (local.get $term)) (i32.const 3)))
      (local.set $d (i32.load offset=8 (local.get $term)))
      (local.set $column (i32.load offset=12 (local.get $term)))
      (local.set $isFirst (i32.load offset=16 (local.get $term)))
      (local.set $last (i32.add (local.get $column) (local.get $stride)))
      (local.set $ux (v128.load64_splat (local.get $uv)))
      (local.set $uy (v128.load64_splat offset=8 (local.get $uv)))
      (local.set $uz (v128.load64_splat offset=16 (local.get $uv)))
      (local.set $vx (v128.load64_splat offset=24 (local.get $uv)))
      (local.set $vy (v128.load64_splat offset=32 (local.get $uv)))
      (local.set $vz (v128.load64_splat offset=40 (local.get $uv)))
      (if (i32.lt_u (local.get $column) (local.get $last)) (then
        (loop $pairs
          (local.set $a (v128.load (local.get $d)))
          (local.set $b (v128.load (i32.add (local.get $d) (local.get $stride))))
          (local.set $c (v128.load (i32.add (local.get $d) (i32.shl (local.get $stride) (i32.const 1)))))
          (local.set $d (i32.add (local.get $d) (i32.const 16)))
          (local.set $x (f64x2.add
            (f64x2.add (f64x2.mul (local.get $ux) (local.get $a)) (f64x2.mul (local.get $uy) (local.get $b)))
            (f64x2.mul (local.get $uz) (local.get $c))))
          (local.set $y (f64x2.add
            (f64x2.add (f64x2.mul (local.get $vx) (local.get $a)) (f64x2.mul (local.get $vy) (local.get $b)))
            (f64x2.mul (local.get $vz) (local.get $c))))
          (if (i32.eqz (local.get $isFirst)) (then
            (local.set $x (f64x2.add (local.get $x) (v128.load (i32.add (local.get $dx) (local.get $column)))))
            (local.set $y (f64x2.add (local.get $y) (v128.load (i32.add (local.get $dy) (local.get $column)))))))
          (v128.store (i32.add (local.get $dx) (local.get $column)) (local.get $x))
          (v128.store (i32.add (local.get $dy) (local.get $column)) (local.get $y))
          (br_if $pairs (i32.lt_u
            (local.tee $column (i32.add (local.get $column) (i32.const 16)))
            (local.get $last))))))
      (local.set $uv (i32.add (local.get $uv) (i32.const 48)))
      (br_if $terms (i32.lt_u
        (local.tee $term (i32.add (local.get $term) (i32.const 20)))
        (local.get $end)))))

  ;; gradient[unit] += force . delta, with a term's three numbers of force.
  (func (export "pull") (param $term i32) (param $end i32) (param $force i32) (param $gradient i32)
    (local $unit i32) (local $last i32) (local $stride i32) (local $d i32) (local $at i32)
    (local $x v128) (local $y v128) (local $z v128) (local $sum v128)
    (loop $terms
      (local.set $unit (i32.load (local.get $term)))
      (local.set $stride (i32.shl (i32.load offset=4 (local.get $term)) (i32.const 3)))
      (local.set $last (i32.add (local.get $unit) (i32.shr_u (local.get $stride) (i32.const 1))))
      (local.set $d (i32.load offset=8 (local.get $term)))
      (local.set $x (v128.load64_splat (local.get $force)))
      (local.set $y (v128.load64_splat offset=8 (local.get $force)))
      (local.set $z (v128.load64_splat offset=16 (local.get $force)))
      (if (i32.lt_u (local.get $unit) (local.get $last)) (then
        (loop $pairs
          (local.set $sum (f64x2.add
            (f64x2.add
              (f64x2.mul (local.get $x) (v128.load (local.get $d)))
              (f64x2.mul (local.get $y) (v128.load (i32.add (local.get $d) (local.get $stride)))))
            (f64x2.mul (local.get $z)
              (v128.load (i32.add (local.get $d) (i32.shl (local.get $stride) (i32.const 1)))))))
          (local.set $d (i32.add (local.get $d) (i32.const 16)))
          (local.set $at (i32.add (local.get $gradient) (i32.load (local.get $unit))))
          (f64.store (local.get $at)
            (f64.add (f64.load (local.get $at)) (f64x2.extract_lane 0 (local.get $sum))))
          (local.set $at (i32.add (local.get $gradient) (i32.load offset=4 (local.get $unit))))
          (f64.store (local.get $at)
            (f64.add (f64.load (local.get $at)) (f64x2.extract_lane 1 (local.get $sum))))
          (br_if $pairs (i32.lt_u
            (local.tee $unit (i32.add (local.get $unit) (i32.const 8)))
            (local.get $last))))))
      (local.set $force (i32.add (local.get $force) (i32.const 24)))
      (br_if $terms (i32.lt_u
        (local.tee $term (i32.add (local.get $term) (i32.const 20)))
        (local.get $end)))))

  ;; Lower triangle of hessian += w (x x' + y y') over rows of 24 bytes: offset of the slot in a row of the matrix (32
  ;; bits), x, y; slots ascend. Two rows of the matrix at a time.
  (func $addOuter (export "addOuter")
    (param $rows i32) (param $end i32) (param $w f64) (param $hessian i32) (param $n i32)
    (local $a i32) (local $b i32) (local $row0 i32) (local $row1 i32) (local $at i32) (local $slot i32)
    (local $x0 f64) (local $y0 f64) (local $x1 f64) (local $y1 f64) (local $x f64) (local $y f64)
    (local.set $a (local.get $rows))
    (block $done
      (loop $pairs
        (br_if $done (i32.ge_u (i32.add (local.get $a) (i32.const 24)) (local.get $end)))
        (local.set $row0 (i32.add (local.get $hessian) (i32.mul (i32.load (local.get $a)) (local.get $n))))
        (local.set $row1 (i32.add (local.get $hessian) (i32.mul (i32.load offset=24 (local.get $a)) (local.get $n))))
        (local.set $x0 (f64.mul (local.get $w) (f64.load offset=8 (local.get $a))))
        (local.set $y0 (f64.mul (local.get $w) (f64.load offset=16 (local.get $a))))
        (local.set $x1 (f64.mul (local.get $w) (f64.load offset=32 (local.get $a))))
        (local.set $y1 (f64.mul (local.get $w) (f64.load offset=40 (local.get $a))))
        (local.set $b (local.get $rows))
        (loop $columns
          (local.set $slot (i32.load (local.get $b)))
          (local.set $x (f64.load offset=8 (local.get $b)))
          (local.set $y (f64.load offset=16 (local.get $b)))
          (local.set $at (i32.add (local.get $row0) (local.get $slot)))
          (f64.store (local.get $at) (f64.add (f64.load (local.get $at))
            (f64.add (f64.mul (local.get $x0) (local.get $x)) (f64.mul (local.get $y0) (local.get $y)))))
          (local.set $at (i32.add (local.get $row1) (local.get $slot)))
          (f64.store (local.get $at) (f64.add (f64.load (local.get $at))
            (f64.add (f64.mul (local.get $x1) (local.get $x)) (f64.mul (local.get $y1) (local.get $y)))))
          (br_if $columns (i32.le_u
            (local.tee $b (i32.add (local.get $b) (i32.const 24)))
            (local.get $a))))
        ;; The second row is one longer.
        (local.set $at (i32.add (local.get $row1) (i32.load offset=24 (local.get $a))))
        (f64.store (local.get $at) (f64.add (f64.load (local.get $at))
          (f64.add
            (f64.mul (local.get $x1) (f64.load offset=32 (local.get $a)))
            (f64.mul (local.get $y1) (f64.load offset=40 (local.get $a))))))
        (local.set $a (i32.add (local.get $a) (i32.const 48)))
        (br $pairs)))
    (if (i32.ge_u (local.get $a) (local.get $end)) (then (return)))
    (local.set $row0 (i32.add (local.get $hessian) (i32.mul (i32.load (local.get $a)) (local.get $n))))
    (local.set $x0 (f64.mul (local.get $w) (f64.load offset=8 (local.get $a))))
    (local.set $y0 (f64.mul (local.get $w) (f64.load offset=16 (local.get $a))))
    (local.set $b (local.get $rows))
    (loop $columns
      (local.set $at (i32.add (local.get $row0) (i32.load (local.get $b))))
      (f64.store (local.get $at) (f64.add (f64.load (local.get $at))
        (f64.add
          (f64.mul (local.get $x0) (f64.load offset=8 (local.get $b)))
          (f64.mul (local.get $y0) (f64.load offset=16 (local.get $b))))))
      (br_if $columns (i32.le_u
        (local.tee $b (i32.add (local.get $b) (i32.const 24)))
        (local.get $a)))))

  ;; The same summed over landmarks. start: first column of each and one more; parameter: offset of each column's
  ;; parameter in slot; slot: offset in a row of the matrix, or -1 for a parameter that is held.
  (func (export "assemble")
    (param $landmarks i32) (param $start i32) (param $parameter i32) (param $slot i32) (param $weight i32)
    (param $dx i32) (param $dy i32) (param $rows i32) (param $hessian i32) (param $n i32)
    (local $last i32) (local $column i32) (local $end i32) (local $to i32) (local $s i32) (local $w f64)
    (local.set $last (i32.add (local.get $start) (i32.shl (local.get $landmarks) (i32.const 2))))
    (loop $each
      (local.set $w (f64.load (local.get $weight)))
      (local.set $weight (i32.add (local.get $weight) (i32.const 8)))
      (if (f64.ne (local.get $w) (f64.const 0)) (then
        (local.set $column (i32.load (local.get $start)))
        (local.set $end (i32.load offset=4 (local.get $start)))
        (local.set $to (local.get $rows))
        (block $done
          (loop $columns
            (br_if $done (i32.ge_u (local.get $column) (local.get $end)))
            (local.set $s (i32.load (i32.add (local.get $slot)
              (i32.load (i32.add (local.get $parameter) (i32.shl (local.get $column) (i32.const 2)))))))
            (if (i32.ge_s (local.get $s) (i32.const 0)) (then
              (i32.store (local.get $to) (local.get $s))
              (f64.store offset=8 (local.get $to)
                (f64.load (i32.add (local.get $dx) (i32.shl (local.get $column) (i32.const 3)))))
              (f64.store offset=16 (local.get $to)
                (f64.load (i32.add (local.get $dy) (i32.shl (local.get $column) (i32.const 3)))))
              (local.set $to (i32.add (local.get $to) (i32.const 24)))))
            (local.set $column (i32.add (local.get $column) (i32.const 1)))
            (br $columns)))
        (call $addOuter (local.get $rows) (local.get $to) (local.get $w) (local.get $hessian) (local.get $n))))
      (br_if $each (i32.lt_u
        (local.tee $start (i32.add (local.get $start) (i32.const 4)))
        (local.get $last)))))

  ;; Dot product of the first `bytes` of two vectors.
  (func $dot (param $a i32) (param $b i32) (param $bytes i32) (result f64)
    (local $k i32) (local $pairs i32) (local $s v128) (local $total f64)
    (local.set $pairs (i32.and (local.get $bytes) (i32.const -16)))
    (if (local.get $pairs) (then
      (loop $loop
        (local.set $s (f64x2.add (local.get $s) (f64x2.mul
          (v128.load (i32.add (local.get $a) (local.get $k)))
          (v128.load (i32.add (local.get $b) (local.get $k))))))
        (br_if $loop (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 16))) (local.get $pairs))))))
    (local.set $total (call $sum (local.get $s)))
    (if (i32.lt_u (local.get $k) (local.get $bytes)) (then
      (local.set $total (f64.add (local.get $total) (f64.mul
        (f64.load (i32.add (local.get $a) (local.get $k)))
        (f64.load (i32.add (local.get $b) (local.get $k))))))))
    (local.get $total))

  ;; A = L L' in place, lower triangle, inverted diagonal, as cholesky.ts; 0 where A is not positive definite.
  (func $factorise (export "factorise") (param $a i32) (param $n i32) (param $stride i32) (result i32)
    (local $row i32) (local $rows i32) (local $r0 i32) (local $r1 i32)
    (local $column i32) (local $c0 i32) (local $c1 i32) (local $k i32)
    (local $x0 v128) (local $x1 v128) (local $y0 v128) (local $y1 v128)
    (local $s00 v128) (local $s01 v128) (local $s10 v128) (local $s11 v128)
    (local $d0 f64) (local $d1 f64) (local $across f64) (local $between f64) (local $inverse f64)
    (local $l00 f64) (local $l01 f64) (local $l10 f64) (local $l11 f64)
    ;; Rows and columns count in bytes of a row: 8 each.
    (local.set $rows (i32.shl (i32.and (local.get $n) (i32.const -2)) (i32.const 3)))
    (local.set $r0 (local.get $a))
    (block $done
      (loop $rowPairs
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $r1 (i32.add (local.get $r0) (local.get $stride)))
        (local.set $d0 (f64.const 0))
        (local.set $d1 (f64.const 0))
        (local.set $across (f64.const 0))
        (local.set $column (i32.const 0))
        (local.set $c0 (local.get $a))
        (block $columnsDone
          (loop $columnPairs
            (br_if $columnsDone (i32.ge_u (local.get $column) (local.get $row)))
            (local.set $c1 (i32.add (local.get $c0) (local.get $stride)))
            (local.set $s00 (v128.const f64x2 0 0))
            (local.set $s01 (v128.const f64x2 0 0))
            (local.set $s10 (v128.const f64x2 0 0))
            (local.set $s11 (v128.const f64x2 0 0))
            (local.set $k (i32.const 0))
            (if (local.get $column) (then
              (loop $products
                (local.set $x0 (v128.load (i32.add (local.get $r0) (local.get $k))))
                (local.set $x1 (v128.load (i32.add (local.get $r1) (local.get $k))))
                (local.set $y0 (v128.load (i32.add (local.get $c0) (local.get $k))))
                (local.set $y1 (v128.load (i32.add (local.get $c1) (local.get $k))))
                (local.set $s00 (f64x2.add (local.get $s00) (f64x2.mul (local.get $x0) (local.get $y0))))
                (local.set $s01 (f64x2.add (local.get $s01) (f64x2.mul (local.get $x0) (local.get $y1))))
                (local.set $s10 (f64x2.add (local.get $s10) (f64x2.mul (local.get $x1) (local.get $y0))))
                (local.set $s11 (f64x2.add (local.get $s11) (f64x2.mul (local.get $x1) (local.get $y1))))
                (br_if $products (i32.lt_u
                  (local.tee $k (i32.add (local.get $k) (i32.const 16)))
                  (local.get $column))))))
            (local.set $inverse (f64.load (i32.add (local.get $c0) (local.get $column))))
            (local.set $between (f64.load (i32.add (local.get $c1) (local.get $column))))
            (local.set $l00 (f64.mul (local.get $inverse) (f64.sub
              (f64.load (i32.add (local.get $r0) (local.get $column)))
              (call $sum (local.get $s00)))))
            (local.set $l10 (f64.mul (local.get $inverse) (f64.sub
              (f64.load (i32.add (local.get $r1) (local.get $column)))
              (call $sum (local.get $s10)))))
            (local.set $inverse (f64.load offset=8 (i32.add (local.get $c1) (local.get $column))))
            (local.set $l01 (f64.mul (local.get $inverse) (f64.sub
              (f64.sub
                (f64.load offset=8 (i32.add (local.get $r0) (local.get $column)))
                (call $sum (local.get $s01)))
              (f64.mul (local.get $l00) (local.get $between)))))
            (local.set $l11 (f64.mul (local.get $inverse) (f64.sub
              (f64.sub
                (f64.load offset=8 (i32.add (local.get $r1) (local.get $column)))
                (call $sum (local.get $s11)))
              (f64.mul (local.get $l10) (local.get $between)))))
            (f64.store (i32.add (local.get $r0) (local.get $column)) (local.get $l00))
            (f64.store (i32.add (local.get $r1) (local.get $column)) (local.get $l10))
            (f64.store offset=8 (i32.add (local.get $r0) (local.get $column)) (local.get $l01))
            (f64.store offset=8 (i32.add (local.get $r1) (local.get $column)) (local.get $l11))
            (local.set $d0 (f64.add (local.get $d0) (f64.add
              (f64.mul (local.get $l00) (local.get $l00))
              (f64.mul (local.get $l01) (local.get $l01)))))
            (local.set $d1 (f64.add (local.get $d1) (f64.add
              (f64.mul (local.get $l10) (local.get $l10))
              (f64.mul (local.get $l11) (local.get $l11)))))
            (local.set $across (f64.add (local.get $across) (f64.add
              (f64.mul (local.get $l00) (local.get $l10))
              (f64.mul (local.get $l01) (local.get $l11)))))
            (local.set $column (i32.add (local.get $column) (i32.const 16)))
            (local.set $c0 (i32.add (local.get $c1) (local.get $stride)))
            (br $columnPairs)))
        (local.set $d0 (f64.sub (f64.load (i32.add (local.get $r0) (local.get $row))) (local.get $d0)))
        (if (i32.eqz (f64.gt (local.get $d0) (f64.const 0))) (then (return (i32.const 0))))
        (local.set $inverse (f64.div (f64.const 1) (f64.sqrt (local.get $d0))))
        (f64.store (i32.add (local.get $r0) (local.get $row)) (local.get $inverse))
        (local.set $between (f64.mul (local.get $inverse) (f64.sub
          (f64.load (i32.add (local.get $r1) (local.get $row)))
          (local.get $across))))
        (f64.store (i32.add (local.get $r1) (local.get $row)) (local.get $between))
        (local.set $d1 (f64.sub
          (f64.sub (f64.load offset=8 (i32.add (local.get $r1) (local.get $row))) (local.get $d1))
          (f64.mul (local.get $between) (local.get $between))))
        (if (i32.eqz (f64.gt (local.get $d1) (f64.const 0))) (then (return (i32.const 0))))
        (f64.store offset=8 (i32.add (local.get $r1) (local.get $row))
          (f64.div (f64.const 1) (f64.sqrt (local.get $d1))))
        (local.set $row (i32.add (local.get $row) (i32.const 16)))
        (local.set $r0 (i32.add (local.get $r1) (local.get $stride)))
        (br $rowPairs)))
    (if (i32.eqz (i32.and (local.get $n) (i32.const 1))) (then (return (i32.const 1))))
    ;; An odd last row by itself.
    (local.set $column (i32.const 0))
    (local.set $c0 (local.get $a))
    (block $columnsDone
      (loop $columns
        (br_if $columnsDone (i32.ge_u (local.get $column) (local.get $row)))
        (local.set $l00 (f64.mul
          (f64.load (i32.add (local.get $c0) (local.get $column)))
          (f64.sub
            (f64.load (i32.add (local.get $r0) (local.get $column)))
            (call $dot (local.get $r0) (local.get $c0) (local.get $column)))))
        (f64.store (i32.add (local.get $r0) (local.get $column)) (local.get $l00))
        (local.set $column (i32.add (local.get $column) (i32.const 8)))
        (local.set $c0 (i32.add (local.get $c0) (local.get $stride)))
        (br $columns)))
    (local.set $d0 (f64.sub
      (f64.load (i32.add (local.get $r0) (local.get $row)))
      (call $dot (local.get $r0) (local.get $r0) (local.get $row))))
    (if (i32.eqz (f64.gt (local.get $d0) (f64.const 0))) (then (return (i32.const 0))))
    (f64.store (i32.add (local.get $r0) (local.get $row)) (f64.div (f64.const 1) (f64.sqrt (local.get $d0))))
    (i32.const 1))

  ;; Solves L L' x = b in place, L as `factorise` leaves it.
  (func (export "substitute") (param $l i32) (param $b i32) (param $n i32) (param $stride i32)
    (local $row i32) (local $rows i32) (local $r i32) (local $k i32) (local $pairs i32) (local $x f64) (local $xx v128)
    (if (i32.eqz (local.get $n)) (then (return)))
    (local.set $rows (i32.shl (local.get $n) (i32.const 3)))
    (local.set $r (local.get $l))
    (loop $forward
      (f64.store (i32.add (local.get $b) (local.get $row)) (f64.mul
        (f64.load (i32.add (local.get $r) (local.get $row)))
        (f64.sub
          (f64.load (i32.add (local.get $b) (local.get $row)))
          (call $dot (local.get $r) (local.get $b) (local.get $row)))))
      (local.set $r (i32.add (local.get $r) (local.get $stride)))
      (br_if $forward (i32.lt_u (local.tee $row (i32.add (local.get $row) (i32.const 8))) (local.get $rows))))
    (loop $backward
      (local.set $row (i32.sub (local.get $row) (i32.const 8)))
      (local.set $r (i32.sub (local.get $r) (local.get $stride)))
      (local.set $x (f64.mul
        (f64.load (i32.add (local.get $b) (local.get $row)))
        (f64.load (i32.add (local.get $r) (local.get $row)))))
      (f64.store (i32.add (local.get $b) (local.get $row)) (local.get $x))
      (local.set $xx (f64x2.splat (local.get $x)))
      (local.set $pairs (i32.and (local.get $row) (i32.const -16)))
      (local.set $k (i32.const 0))
      (if (local.get $pairs) (then
        (loop $loop
          (v128.store (i32.add (local.get $b) (local.get $k)) (f64x2.sub
            (v128.load (i32.add (local.get $b) (local.get $k)))
            (f64x2.mul (local.get $xx) (v128.load (i32.add (local.get $r) (local.get $k))))))
          (br_if $loop (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 16))) (local.get $pairs))))))
      (if (i32.lt_u (local.get $k) (local.get $row)) (then
        (f64.store (i32.add (local.get $b) (local.get $k)) (f64.sub
          (f64.load (i32.add (local.get $b) (local.get $k)))
          (f64.mul (local.get $x) (f64.load (i32.add (local.get $r) (local.get $k))))))))
      (br_if $backward (local.get $row)))))
