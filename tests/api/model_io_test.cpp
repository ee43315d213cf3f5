// Models to disk and back, and files that are not what they say.
#include "support/model_file.hpp"
#include "support/temporary_folder.hpp"

#include <crosslift/error.hpp>
#include <crosslift/model_io.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

namespace crosslift {
namespace {

using testing::message_of;
using testing::ModelFile;
using testing::read_bytes;
using testing::TemporaryFolder;

AlsModel small_als() {
    AlsModel model;
    model.options.factors = 3;
    model.options.seed = 0xFFFFFFFFFFFFFFFFULL;
    model.options.regularization = 0.1F;
    model.options.objective = AlsObjective::rendle;
    model.customer_factors = Matrix(2, 3);
    model.item_factors = Matrix(4, 3);
    float number = -1.7F;
    for (std::int64_t row = 0; row < 4; ++row) {
        for (float& factor : model.item_factors.row(row)) factor = number += 0.31F;
    }
    model.customer_factors.row(1)[2] = 1e-42F;  // a subnormal number
    model.loss = {0.1, 1.0 / 3.0};
    model.sweeps = 2;
    model.stopped_early = true;
    return model;
}

void expect_same_bits(const Matrix& a, const Matrix& b) {
    ASSERT_EQ(a.rows(), b.rows());
    ASSERT_EQ(a.cols(), b.cols());
    for (std::int64_t row = 0; row < a.rows(); ++row) {
        EXPECT_EQ(std::memcmp(a.row(row).data(), b.row(row).data(), a.row(row).size_bytes()), 0);
    }
}

TEST(AlsFile, ComesBackBitByBit) {
    const TemporaryFolder folder;
    const AlsModel model = small_als();
    save(model, folder / "als.safetensors");
    const AlsModel again = load_als(folder / "als.safetensors");
    expect_same_bits(model.customer_factors, again.customer_factors);
    expect_same_bits(model.item_factors, again.item_factors);
    EXPECT_EQ(again.loss, model.loss);
    EXPECT_EQ(again.sweeps, 2);
    EXPECT_TRUE(again.stopped_early);
    EXPECT_EQ(again.options.seed, model.options.seed);
    EXPECT_EQ(again.options.regularization, model.options.regularization);
    EXPECT_EQ(again.options.objective, AlsObjective::rendle);
    EXPECT_EQ(again.options.solver, AlsSolver::cholesky);
    save(again, folder / "again.safetensors");
    EXPECT_EQ(read_bytes(folder / "als.safetensors"), read_bytes(folder / "again.safetensors"));
}

TEST(AlsFile, HoldsFactorsWithAStrideAndAScalePacked) {
    const TemporaryFolder folder;
    AlsModel model = small_als();
    std::vector<float> wide(4 * 5, 2.0F);
    model.item_factors = Matrix(wide.data(), 4, 3, 5, DType::f32, 0.25F, {}, nullptr);
    save(model, folder / "m");
    EXPECT_EQ(load_als(folder / "m").item_factors.row(3)[2], 0.5F);
}

TEST(AlsFile, IsASafetensorsFile) {
    const TemporaryFolder folder;
    save(small_als(), folder / "m");
    const std::string bytes = read_bytes(folder / "m");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    EXPECT_EQ((8 + length) % 64, 0U);
    EXPECT_EQ(bytes[8], '{');
    EXPECT_EQ(bytes.size(), 8 + length + 4 * (2 * 3 + 4 * 3));
    const std::string text = bytes.substr(8, length);
    EXPECT_NE(text.find(R"("als.item_factors":{"dtype":"F32","shape":[4,3],"data_offsets":[24,72]})"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find(R"("format":"crosslift")"), std::string::npos) << text;
}

TEST(ModelFile, SavingReplacesTheOldFileWhole) {
    const TemporaryFolder folder;
    folder.write("m", "something old");
    save(small_als(), folder / "m");
    EXPECT_NO_THROW(load_als(folder / "m"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "nothing temporary is left";
}

TEST(ModelFile, FoldersAndAbsentFilesAreFileErrors) {
    const TemporaryFolder folder;
    EXPECT_THROW(load_als(folder / "absent"), FileError);
    EXPECT_THROW(load_als(folder.path()), FileError);
    EXPECT_THROW(save(small_als(), folder / "absent/m"), FileError);
    std::filesystem::create_directory(folder / "taken");
    EXPECT_THROW(save(small_als(), folder / "taken"), FileError);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "nothing temporary is left";
}

TEST(ModelFile, AnotherKindOfModelIsNamed) {
    const TemporaryFolder folder;
    save(small_als(), folder / "m");
    const std::string message = message_of<FormatError>([&] { load_offer_engine(folder / "m"); });
    EXPECT_NE(message.find("'als'"), std::string::npos) << message;
}

class DamagedFile : public ::testing::Test {
protected:
    DamagedFile() {
        save(small_als(), folder_ / "good");
        bytes_ = read_bytes(folder_ / "good");
        good_ = ModelFile(bytes_);
    }
    void expect_format_error(const std::string& bytes, const std::string& what) {
        const auto path = folder_.write("bad", bytes);
        EXPECT_THROW(load_als(path), FormatError) << what;
    }
    std::string file_of(const std::string& header, const std::string& data) const {
        ModelFile file;
        file.header = header;
        file.data = data;
        return file.bytes();
    }
    std::string header() const { return good_.header; }
    std::string data() const { return good_.data; }
    std::string with(const std::string& from, const std::string& to) const {
        ModelFile file = good_;
        EXPECT_TRUE(file.replace_in_header(from, to)) << from;
        return file.header;
    }

    TemporaryFolder folder_;
    std::string bytes_;
    ModelFile good_;
};

TEST_F(DamagedFile, TheHelperMakesGoodFiles) {
    EXPECT_EQ(file_of(header(), data()), bytes_);
}

TEST_F(DamagedFile, EveryTruncationIsFound) {
    for (std::size_t size = 0; size < bytes_.size(); ++size) {
        expect_format_error(bytes_.substr(0, size), "cut to " + std::to_string(size));
    }
}

TEST_F(DamagedFile, EveryFlippedBitIsFound) {
    for (std::size_t at = 0; at < bytes_.size(); ++at) {
        std::string bytes = bytes_;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
        expect_format_error(bytes, "bit flipped in byte " + std::to_string(at));
    }
}

TEST_F(DamagedFile, AppendedBytesAreFound) {
    expect_format_error(bytes_ + "x", "one byte more");
    expect_format_error(bytes_ + std::string(100000, '\0'), "many bytes more");
}

TEST_F(DamagedFile, OtherFilesAreRefused) {
    expect_format_error("", "empty");
    expect_format_error("customer_id,basket_id\nk,b\n", "a CSV file");
    expect_format_error(std::string(100, '\0'), "zeros");
    expect_format_error(std::string(100, '\xFF'), "ones");
    expect_format_error(file_of("{}", ""), "no metadata");
    expect_format_error(file_of("[]", ""), "no object");
    expect_format_error(file_of(R"({"__metadata__":{"checksum":"00000000"}})", ""), "no format");
    expect_format_error(file_of(R"({"__metadata__":{"checksum":"00000000","format":"pt"}})", ""), "another program's");
}

TEST_F(DamagedFile, HostileHeadersAreRefused) {
    const std::string shape = R"("shape":[4,3])";
    for (const char* other : {R"("shape":[3,4])", R"("shape":[4611686018427387904,16])", R"("shape":[-4,-3])",
                              R"("shape":[12])", R"("shape":[4.0,3.0])", R"("shape":"4,3")", R"("shape":[])",
                              R"("shape":[4,3,1])", R"("shape":[1e300,3])", R"("shape":{"a":12})"}) {
        expect_format_error(file_of(with(shape, other), data()), other);
    }
    const std::string place = R"("data_offsets":[24,72])";
    for (const char* other :
         {R"("data_offsets":[0,48])", R"("data_offsets":[72,24])", R"("data_offsets":[24,73])",
          R"("data_offsets":[24,18446744073709551615])", R"("data_offsets":[-24,24])", R"("data_offsets":[24])",
          R"("data_offsets":null)", R"("data_offset":[24,72])", R"("data_offsets":[25,73])"}) {
        expect_format_error(file_of(with(place, other), data()), other);
    }
    for (const char* other : {"F16", "BF16", "I32", "", "f32"}) {
        expect_format_error(file_of(with("F32", other), data()), other);
    }
    expect_format_error(file_of(with("als.item_factors", "als.other_factors"), data()), "a missing tensor");
    expect_format_error(file_of(with(R"("version":"1")", R"("version":"2")"), data()), "a newer version");
    expect_format_error(file_of(with(R"("kind":"als")", R"("kind":17)"), data()), "metadata that is no text");
    expect_format_error(file_of(std::string(500000, '['), data()), "deep nesting");
    expect_format_error(file_of(std::string(2'000'000, ' ') + header(), data()), "a huge header");
    expect_format_error(file_of("{\"a\":" + std::string(900000, '{') + "}", data()), "deep objects");
}

TEST_F(DamagedFile, HostileParametersAreRefused) {
    const std::vector<std::pair<const char*, const char*>> changes = {
        {R"(\"factors\":3)", R"(\"factors\":4)"},
        {R"(\"factors\":3)", R"(\"factors\":-3)"},
        {R"(\"factors\":3)", R"(\"factors\":3.5)"},
        {R"(\"factors\":3)", R"(\"factors\":99999999999)"},
        {R"(\"factors\":3)", R"(\"factors\":\"3\")"},
        {R"(\"factors\":3)", R"(\"fact\":3)"},
        {R"(\"rendle\")", R"(\"other\")"},
        {R"(\"rendle\")", R"(1)"},
        {R"(\"stopped_early\":true)", R"(\"stopped_early\":1)"},
        {R"(\"loss\":[)", R"(\"loss\":[null,)"},
        {R"(\"loss\":[)", R"(\"loss\":[\"x\",)"},
        {R"({\"als\":)", R"({\"also\":)"},
        {R"({\"als\":)", R"([\"als\":)"},
        {R"(\"sweeps\":2)", R"(\"sweeps\":[[[[[[[[[[[[[[[[[[[[2]]]]]]]]]]]]]]]]]]]])"},
    };
    for (const auto& [from, to] : changes) expect_format_error(file_of(with(from, to), data()), to);
}

TEST_F(DamagedFile, FactorsThatAreNotFiniteAreRefused) {
    std::string numbers = data();
    const float bad = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(numbers.data() + 8, &bad, 4);
    expect_format_error(file_of(header(), numbers), "NaN");
}

// Damage with a right checksum reaches the parser: it must stand on its own.
TEST_F(DamagedFile, RandomDamageBehindARightChecksumNeverCrashes) {
    std::mt19937 random(6);
    for (int round = 0; round < 1000; ++round) {
        std::string text = header(), numbers = data();
        for (auto hits = 1 + random() % 3; hits > 0; --hits) {
            const std::size_t at = random() % text.size();
            const auto kind = random() % 3;
            if (kind == 0) text[at] = static_cast<char>(random());
            if (kind == 1) text[at] = "0123456789[]{},:\"-"[random() % 18];
            if (kind == 2) text.erase(at, 1 + random() % 4);
        }
        if (random() % 4 == 0) numbers.resize(random() % 200);
        const auto path = folder_.write("bad", file_of(text, numbers));
        try {
            const AlsModel model = load_als(path);
            ASSERT_EQ(model.item_factors.rows() * model.item_factors.cols(), 12);
        } catch (const FormatError&) {
        }
    }
}

}  // namespace
}  // namespace crosslift
