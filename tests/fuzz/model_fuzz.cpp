// Any bytes as a model file; the checksum is made right where there is one, so that the parser behind it is reached.
#include "fuzz/fuzz.hpp"
#include "support/model_file.hpp"

#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

#include <cstring>

namespace crosslift::fuzz {
namespace {

void load(std::string_view bytes) {
    const MemoryFile file(bytes);
    try {
        load_als(file.path());
    } catch (const Error&) {
    }
    try {
        load_bpr(file.path());
    } catch (const Error&) {
    }
    try {
        load_offer_engine(file.path());
    } catch (const Error&) {
    }
}

}  // namespace

void model(std::string_view bytes) {
    load(bytes);
    std::uint64_t size = 0;
    if (bytes.size() < 8) return;
    std::memcpy(&size, bytes.data(), 8);
    if (size > bytes.size() - 8) return;
    load(testing::ModelFile(std::string(bytes)).bytes());
}

}  // namespace crosslift::fuzz

CROSSLIFT_FUZZ_ENTRY(crosslift::fuzz::model)
