#include "io/model_reader.hpp"
#include "io/model_writer.hpp"

#include <crosslift/model_io.hpp>

namespace crosslift {
namespace {

constexpr const char* bpr_kind = "bpr";

}  // namespace

void save(const BprModel& model, const std::filesystem::path& path) {
    io::ModelWriter writer;
    writer.parameters("bpr", model);
    writer.matrix("bpr.customer_factors", model.customer_factors);
    writer.matrix("bpr.item_factors", model.item_factors);
    writer.save(path, bpr_kind);
}

BprModel load_bpr(const std::filesystem::path& path) {
    const io::ModelReader reader(path, bpr_kind);
    BprModel model;
    reader.parameter("bpr", model);
    model.customer_factors = reader.matrix("bpr.customer_factors");
    model.item_factors = reader.matrix("bpr.item_factors");
    reader.want(model.options.factors >= 1, "its options say less than one factor");
    reader.want(
        model.item_factors.cols() == model.options.factors && model.customer_factors.cols() == model.options.factors,
        "its factors are not as many as its options say");
    return model;
}

}  // namespace crosslift
