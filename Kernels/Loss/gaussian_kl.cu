// gaussian_kl.cu: the divergence of N(mu, exp(logvar)) from N(0, 1) a row, nothing sampled (Kingma & Welling 2014, appendix B).
//   forward   kl[row] = 1/2 sum(mu^2 + exp(logvar) - 1 - logvar)
//   backward  dmu = dkl mu,   dlogvar = dkl (exp(logvar) - 1) / 2
// MuLogVar is [rows, 2 columns]: mu beside logvar. The same sums in the same order as reparameterize.cu, hence the same bits.
#include "Common/prelude.cuh"
#include "Common/math.cuh"

#define GAUSSIAN_KL_FORWARD_ARGS(F) F(garg<const REAL>, MuLogVar) F(garg<REAL>, Kl) F(i32, Rows) F(i32, Columns)
ARGS(GaussianKlForwardArgs, GAUSSIAN_KL_FORWARD_ARGS)

KERNEL(gaussian_kl_forward, GaussianKlForwardArgs, 128, 1)
{
    IN(REAL, MuLogVar);
    OUT(REAL, Kl);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    i64 mu = 2 * row * a.Columns, log_var = mu + a.Columns;
    REAL sum = 0;
    for (i32 c = lane_index(); c < a.Columns; c += 32) {
        REAL m = MuLogVar[mu + c], l = MuLogVar[log_var + c];
        sum = fma(m, m, sum) + ((gen_exp(l) - (REAL)1) - l);
    }
    sum = warp_sum_tree(sum);
    if (lane_index() == 0) Kl[row] = (REAL)0.5 * sum;
}

#define GAUSSIAN_KL_BACKWARD_ARGS(F) F(garg<const REAL>, MuLogVar) F(garg<const REAL>, DKl) F(garg<REAL>, DMuLogVar) F(i32, Rows) F(i32, Columns)
ARGS(GaussianKlBackwardArgs, GAUSSIAN_KL_BACKWARD_ARGS)

KERNEL(gaussian_kl_backward, GaussianKlBackwardArgs, 128, 1)
{
    IN(REAL, MuLogVar);
    IN(REAL, DKl);
    OUT(REAL, DMuLogVar);
    i64 row = (i64)blockIdx.x * (blockDim.x / 32) + warp_index();
    if (row >= a.Rows) return;
    i64 mu = 2 * row * a.Columns, log_var = mu + a.Columns;
    REAL dkl = DKl[row];
    for (i32 c = lane_index(); c < a.Columns; c += 32) {
        DMuLogVar[mu + c] = dkl * MuLogVar[mu + c];
        DMuLogVar[log_var + c] = dkl * ((REAL)0.5 * (gen_exp(MuLogVar[log_var + c]) - (REAL)1));
    }
}
