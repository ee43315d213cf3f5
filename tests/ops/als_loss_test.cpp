#include "als_residual.hpp"

namespace crosslift::testing {
namespace {

class AlsLoss : public AlsResidual {};

TEST_P(AlsLoss, AgreesWithDoublePrecision) {
    for (const std::int64_t d : {1, 7, 8, 31, 64, 100, 128, 200, 256, 511, 1024}) {
        const bool with_values = d % 2 == 0;
        const CsrMatrix cells = rows_of_lengths({3, 0, 40, 17, 25, 1}, 70, with_values);
        const HostMatrix x = random_matrix(6, d, 1);
        const HostMatrix y = random_matrix(70, d, 2);
        AlsStep items = some_step();
        items.frequency_offset = 9;
        double wanted = 0;
        std::vector<std::int64_t> sold(70, 0);
        for (std::int64_t u = 0; u < 6; ++u) {
            std::vector<double> r(70, 0.0);
            const auto columns = cells.view().row(u);
            for (std::size_t c = 0; c < columns.size(); ++c) {
                r[static_cast<std::size_t>(columns[c])] =
                    with_values ? static_cast<double>(cells.view().row_values(u)[c]) : 1.0;
                ++sold[static_cast<std::size_t>(columns[c])];
            }
            for (std::int64_t i = 0; i < 70; ++i) {
                double s = 0;
                for (std::int64_t f = 0; f < d; ++f) s += x.at(u, f) * y.at(i, f);
                wanted += 0.5 * s * s;
                if (const double w = static_cast<double>(1.3F) * r[static_cast<std::size_t>(i)]; w > 0)
                    wanted += w * s * s - 2 * (1 + w) * s + 1 + w;
            }
            for (std::int64_t f = 0; f < d; ++f)
                wanted += ridge_of(some_step(), static_cast<std::int64_t>(columns.size())) * x.at(u, f) * x.at(u, f);
        }
        for (std::int64_t i = 0; i < 70; ++i)
            for (std::int64_t f = 0; f < d; ++f)
                wanted += ridge_of(items, sold[static_cast<std::size_t>(i)]) * y.at(i, f) * y.at(i, f);
        const auto rows = backend().make_rows(cells);
        const double got = backend().als_loss(lane(), *rows, on_device(x, 1), on_device(y), some_step(), items);
        EXPECT_NEAR(got, wanted, 1e-6 * wanted);
        EXPECT_EQ(got, backend().als_loss(lane(), *rows, on_device(x, 1), on_device(y), some_step(), items));
    }
}

CROSSLIFT_ON_EVERY_BACKEND(AlsLoss);

}  // namespace
}  // namespace crosslift::testing
