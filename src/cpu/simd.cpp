#include "cpu/simd.hpp"

namespace crosslift::cpu {

std::string_view isa_name(Isa isa) {
    switch (isa) {
        case Isa::avx512:
            return "avx512";
        case Isa::avx2:
            return "avx2";
        case Isa::baseline:
            break;
    }
    return "baseline";
}

std::vector<Isa> usable_isas() {
    std::vector<Isa> isas = {Isa::baseline};
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return isas;
    isas.push_back(Isa::avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        isas.push_back(Isa::avx512);
#endif
    return isas;
}

}  // namespace crosslift::cpu
