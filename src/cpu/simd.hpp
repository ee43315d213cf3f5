// The choice of an instruction set, made at run time.
#pragma once

#include <string_view>
#include <vector>

namespace crosslift::cpu {

/// Instruction sets that kernels are compiled for, from the poorest.
enum class Isa { baseline, avx2, avx512 };

/// "baseline", "avx2", "avx512".
std::string_view isa_name(Isa isa);

/// What this machine can run, poorest first; the baseline is always there.
std::vector<Isa> usable_isas();

}  // namespace crosslift::cpu
