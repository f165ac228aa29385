"""Post-training quantisation: observe, calibrate (in onnxruntime-node), insert QuantizeLinear/DequantizeLinear."""
