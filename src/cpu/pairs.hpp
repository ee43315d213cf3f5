// Purchases ready for pairwise training on the CPU.
#pragma once

#include "backend/backend.hpp"

#include <cstdint>

namespace crosslift::cpu {

class CpuPairs final : public backend::Pairs {
public:
    explicit CpuPairs(const backend::PairCells& host) : cells_(host) {}
    std::int64_t customers() const override { return cells_.customers(); }
    std::int64_t items() const override { return cells_.items; }
    const backend::PairCells& cells() const { return cells_; }

private:
    backend::PairCells cells_;
};

}  // namespace crosslift::cpu
