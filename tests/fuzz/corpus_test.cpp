// The fuzz targets without a fuzzer: every file of the corpus, and damaged copies of it, the same ones each time.
#include "fuzz/fuzz.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace crosslift::fuzz {
namespace {

std::vector<std::string> corpus(const char* target) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(CROSSLIFT_FUZZ_CORPUS) / target)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> inputs = {""};
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
}

std::string damaged(std::string text, const std::string& other, std::mt19937& random) {
    for (auto hits = 1 + random() % 4; hits > 0 && !text.empty(); --hits) {
        const std::size_t at = random() % text.size();
        switch (random() % 5) {
            case 0:
                text[at] = static_cast<char>(random());
                break;
            case 1:
                text[at] = static_cast<char>(text[at] ^ (1 << (random() % 8)));
                break;
            case 2:
                text.erase(at, 1 + random() % 9);
                break;
            case 3:
                text.insert(at, text, 0, 1 + random() % 9);
                break;
            default:
                if (!other.empty()) text.insert(at, other, random() % other.size(), 1 + random() % 40);
        }
    }
    return text;
}

void run(const char* target, void (*act)(std::string_view), int rounds) {
    const auto inputs = corpus(target);
    ASSERT_GT(inputs.size(), 1U) << "the corpus of " << target << " is missing";
    for (const std::string& input : inputs) act(input);
    std::mt19937 random(1);
    for (int round = 0; round < rounds; ++round) {
        const std::string& input = inputs[random() % inputs.size()];
        act(damaged(input, inputs[random() % inputs.size()], random));
    }
}

TEST(FuzzCorpus, Csv) {
    run("csv", csv, 600);
}
TEST(FuzzCorpus, Fields) {
    run("fields", fields, 5000);
}
TEST(FuzzCorpus, Model) {
    run("model", model, 600);
}

}  // namespace
}  // namespace crosslift::fuzz
