"""The networks: conditional autoencoder, denoiser, identity encoder."""
