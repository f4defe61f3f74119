// reparameterize.cu: the variational autoencoder's latent sample and its divergence in one pass (Kingma & Welling 2014, appendix B).
//   forward   z = mu + exp(logvar / 2) eps,   kl[row] = 1/2 sum(mu^2 + exp(logvar) - 1 - logvar)
//   backward  dmu = dz + dkl mu,   dlogvar = dz eps exp(logvar / 2) / 2 + dkl (exp(logvar) - 1) / 2
// MuLogVar is [rows, 2 columns]: mu beside logvar, as the encoder's one matrix product leaves them. eps is never stored: it is a
// function of (element of z, state, stream), and backward draws it again. Reads and writes 3 values a latent, no more.
// One warp a row: lane l takes columns l, l + 32, ... (the row-sum law).
#include "Common/philox.cuh"

#define REPARAMETERIZE_FORWARD_ARGS(F) \
    F(garg<const REAL>, MuLogVar) F(garg<REAL>, Z) F(garg<REAL>, Kl) F(garg<const u64>, State) F(i32, Rows) F(i32, Columns) F(u32, Stream)
ARGS(ReparameterizeForwardArgs, REPARAMETERIZE_FORWARD_ARGS)

KERNEL(reparameterize_forward, ReparameterizeForwardArgs, 128, 1)
{
    IN(REAL, MuLogVar);
    OUT(REAL, Z);
    OUT(REAL, Kl);
    IN(u64, State);
    PhiloxStream stream = philox_stream(State, a.Stream);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    i64 z = row * a.Columns, mu = 2 * z, log_var = mu + a.Columns;
    REAL sum = 0;
    for (i32 c = lane_index(); c < a.Columns; c += 32) {
        REAL m = MuLogVar[mu + c], l = MuLogVar[log_var + c];
        Z[z + c] = fma(gen_exp((REAL)0.5 * l), normal_at(stream, z + c), m);
        sum = fma(m, m, sum) + ((gen_exp(l) - (REAL)1) - l);
    }
    sum = warp_sum_tree(sum);
    if (lane_index() == 0) Kl[row] = (REAL)0.5 * sum;
}

#define REPARAMETERIZE_BACKWARD_ARGS(F) \
    F(garg<const REAL>, MuLogVar) F(garg<const REAL>, DZ) F(garg<const REAL>, DKl) F(garg<REAL>, DMuLogVar) F(garg<const u64>, State) \
    F(i32, Rows) F(i32, Columns) F(u32, Stream)
ARGS(ReparameterizeBackwardArgs, REPARAMETERIZE_BACKWARD_ARGS)

KERNEL(reparameterize_backward, ReparameterizeBackwardArgs, 128, 1)
{
    IN(REAL, MuLogVar);
    IN(REAL, DZ);
    IN(REAL, DKl);
    OUT(REAL, DMuLogVar);
    IN(u64, State);
    PhiloxStream stream = philox_stream(State, a.Stream);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    i64 z = row * a.Columns, mu = 2 * z, log_var = mu + a.Columns;
    REAL dkl = DKl[row];
    for (i32 c = lane_index(); c < a.Columns; c += 32) {
        REAL m = MuLogVar[mu + c], l = MuLogVar[log_var + c], dz = DZ[z + c];
        REAL half_deviation = (REAL)0.5 * gen_exp((REAL)0.5 * l);
        REAL noise = (dz * normal_at(stream, z + c)) * half_deviation;
        DMuLogVar[mu + c] = fma(dkl, m, dz);
        DMuLogVar[log_var + c] = fma(dkl, (REAL)0.5 * (gen_exp(l) - (REAL)1), noise);
    }
}
