;; Inner loops of the shape solver, over arrays in `memory` (shape-kernel.ts). All arrays are of 64-bit floats, rows are padded to
;; an even number of them, and offsets and lengths are bytes.
(module
  (memory (import "kernel" "memory") 1)

  ;; row += ax dx + ay dy, two elements at a time.
  (func $addRow (export "addRow")
    (param $row i32) (param $dx i32) (param $dy i32) (param $bytes i32) (param $ax f64) (param $ay f64)
    (local $at i32) (local $end i32) (local $x v128) (local $y v128)
    (local.set $x (f64x2.splat (local.get $ax)))
    (local.set $y (f64x2.splat (local.get $ay)))
    (local.set $at (local.get $row))
    (local.set $end (i32.add (local.get $row) (local.get $bytes)))
    (loop $pairs
      (v128.store (local.get $at)
        (f64x2.add
          (v128.load (local.get $at))
          (f64x2.add
            (f64x2.mul (local.get $x) (v128.load (local.get $dx)))
            (f64x2.mul (local.get $y) (v128.load (local.get $dy))))))
      (local.set $dx (i32.add (local.get $dx) (i32.const 16)))
      (local.set $dy (i32.add (local.get $dy) (i32.const 16)))
      (br_if $pairs (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 16)))
        (local.get $end)))))

  ;; Lower triangle of matrix += w (dx dx' + dy dy'); an element beyond the diagonal may be spoilt.
  (func (export "addTriangle")
    (param $matrix i32) (param $stride i32) (param $dx i32) (param $dy i32) (param $size i32) (param $w f64)
    (local $s i32)
    (loop $rows
      (call $addRow
        (local.get $matrix) (local.get $dx) (local.get $dy)
        (i32.and (i32.add (local.get $s) (i32.const 16)) (i32.const -16))
        (f64.mul (local.get $w) (f64.load (i32.add (local.get $dx) (local.get $s))))
        (f64.mul (local.get $w) (f64.load (i32.add (local.get $dy) (local.get $s)))))
      (local.set $matrix (i32.add (local.get $matrix) (local.get $stride)))
      (br_if $rows (i32.lt_u
        (local.tee $s (i32.add (local.get $s) (i32.const 8)))
        (local.get $size))))))
